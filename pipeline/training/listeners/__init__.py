"""Listeners of the loop. Only Keras callbacks can change the training."""
