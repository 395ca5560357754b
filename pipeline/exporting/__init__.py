"""Writes a trained model as a file for other runtimes, and checks that the file answers equally.

`pipeline.export` is its command.
"""
