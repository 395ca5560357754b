"""Training: the schedule of steps, the engine that runs them, early stopping, history and progress.

`loop` ties them together. An engine knows neither the validation rule nor the tracker, and the loop knows nothing
of how a step is computed, so engines can be exchanged.
"""
