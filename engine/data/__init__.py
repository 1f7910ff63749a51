"""Toy sets, corpora, preprocessing."""
