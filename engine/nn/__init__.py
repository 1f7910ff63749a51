"""Activations, initializers, layers, losses, models: forward code only."""
