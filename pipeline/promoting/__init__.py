"""Which version of a registered model is the champion, and why.

`pipeline.promote` is its command. The model registry itself is in `pipeline.tracking`.
"""
