export async function create() { return {}; }
