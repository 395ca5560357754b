"""Keras experiments, from the download of the data to the tested model.

The modules directly in this package are the commands and what all of them share.
The packages below hold the rest, one subject each; CONTRIBUTING.md describes them.
This file imports nothing, so that commands such as `fetch` do not load TensorFlow.
"""
