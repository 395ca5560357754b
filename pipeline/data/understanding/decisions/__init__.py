"""Decisions: one module for each thing that a column may hold.

Each has `decide`, which returns None if the column holds something else. `columns` asks them in
order.
"""
