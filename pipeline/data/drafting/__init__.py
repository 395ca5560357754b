"""Drafting: the settings of a file that nobody has described yet, with a reason for each guess.

`pipeline.add` writes them as a source and a data variant.
"""
