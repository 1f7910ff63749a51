"""Update rules on a flat parameter vector."""
