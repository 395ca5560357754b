"""Turns a Keras script into an experiment: files of `conf/`, data and a network.

The script runs once, in a process of its own. `compile`, `fit` and `evaluate` are recorded there
and train nothing.
"""
