"""The tape: arrays that remember how they were computed."""
