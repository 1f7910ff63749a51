"""One laboratory a module."""
