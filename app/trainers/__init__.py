"""Trials in other processes, on this machine or on others: who trains them, and where they are kept."""
