"""Tests of pages, REST, the stream and the command line, mostly against a real server."""
