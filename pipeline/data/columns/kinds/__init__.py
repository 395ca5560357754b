"""Kinds of columns: one module each.

A module defines two functions. Cells have no spaces around them and are not missing.

- `names(column, settings)` names the numbers that a cell becomes; empty if it is a category.
- `read(cell, settings)` gives those numbers, or the level of a category. It gives None for a cell
  that is not of this kind. `EXPECTED` names such a cell in errors.
"""
