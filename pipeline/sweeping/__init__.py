"""Sweeps: many trials of one grid, each in a process that it alone can bring down."""
