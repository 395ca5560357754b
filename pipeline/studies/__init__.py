"""Studies: many runs of one experiment. A sweep tries every combination of a grid, a search tries what an oracle proposes.

Each trial runs in its own process, so a crash affects only that trial.
"""
