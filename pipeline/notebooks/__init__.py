"""The functions for notebooks: `pipeline.run`, `pipeline.runs` and `pipeline.compose`.

They do what the commands do, and return objects that a notebook displays.
"""
