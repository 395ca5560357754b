"""Preparing: from `data/raw/<source>` to `data/prepared/<data>`.

Rows are split first. Everything that is fitted is fitted on training rows only.
"""
