"""Listeners of the training loop: progress, TensorBoard and Keras's callbacks. None of them changes a bit by itself."""
