"""Listeners of the loop: record, snapshots, progress, TensorBoard and Keras callbacks.

Only Keras callbacks can change the training.
"""
