// Requests that leave late, and answers that come late, in any order.
{
  const { fetch } = window;
  const pause = () => new Promise((go) => { setTimeout(go, 600 * Math.random()); });
  window.fetch = async (...what) => {
    await pause();
    const answer = await fetch(...what);
    await pause();
    return answer;
  };
}
