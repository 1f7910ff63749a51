"""The tests; helper modules import each other as `tests.…`."""
