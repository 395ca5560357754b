"""Columns of a table: how the cells of each become numbers or categories.

`prepare` decides once how a column is read, and the saved model reads its cells in the same way.
"""
