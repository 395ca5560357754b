"""Studies: many trials of one experiment, in a sweep or in a search.

A sweep runs every combination of a grid. A search runs what an oracle suggests. Each trial runs in
a process of its own, so a crash affects only that trial.
"""
