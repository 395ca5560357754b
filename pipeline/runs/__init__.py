"""Runs: what a run is, and what it leaves on disk.

`run` and `identity` name everything that the result depends on. `folder` keeps checkpoints between
processes. A finished run leaves `history` and `result`. Nothing here imports
TensorFlow or the training.
"""
