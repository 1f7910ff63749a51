"""Measurements: commands that print tables, not tests."""
