"""Training: the loop, the engines that run its steps, and the rules for stopping.

The loop does not know how an engine computes a step. An engine does not know the validation split,
the rules for stopping or the tracker. Engines can therefore be exchanged.
"""
