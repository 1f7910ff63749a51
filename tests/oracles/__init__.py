"""Comparisons with other libraries: the cases, who walked the references, and the data they left."""
