"""Settings: one module for each folder of `conf/`, with dataclasses and rules.

`composition` builds configurations with Hydra. Nothing here imports Keras at the start, because
`compose` must start fast.
"""
