"""Runs parts of a training again, from its kept checkpoints, to look at them or to check them.

`pipeline.replay` measures in hindsight, and `pipeline.reproduce --slices` audits. Both run
`python -m pipeline.replaying` in the work tree of the run, so its code is that of the run.
"""
