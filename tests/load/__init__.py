"""Many visitors at once: `python -m tests.load` prints a table; a short form is part of the suite."""
