"""The web side of Descent Lab: pages, REST, the stream, and the command line."""
