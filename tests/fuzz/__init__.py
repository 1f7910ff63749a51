"""Random input of every kind that comes from outside: a short form in the suite, a long one by ``--fuzz N``."""
