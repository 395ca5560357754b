"""Runs: what a run is and what it leaves on disk. No TensorFlow and nothing of training.

`identity` names all that a run's bits depend on, `folder` keeps checkpoints between processes, `result` is what a
finished run leaves.
"""
