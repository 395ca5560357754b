"""Settings: one dataclass a group with its rules, and their composition by Hydra. No Keras here.

Each group has a module of its own, so that a stage depends only on the groups that it reads.
"""
