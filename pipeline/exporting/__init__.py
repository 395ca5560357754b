"""Writes a trained model as a file for other runtimes, and checks that it answers like the model.

`pipeline.export` is its command.
"""
