"""The doctor on trial: planted nets, what it says of them, and what training then does."""
