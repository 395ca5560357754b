"""Runs: what a run is, and what it leaves on disk. Imports neither TensorFlow nor the training.

`identity` names everything that the result depends on. `folder` keeps checkpoints between processes.
`history` and `result` are what a finished run leaves.
"""
