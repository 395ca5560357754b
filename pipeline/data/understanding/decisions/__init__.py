"""Decisions: one module for each thing that a column may hold.

Each has a function `decide`. It returns None if the column holds something else. `columns` calls
them in order.
"""
