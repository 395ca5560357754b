"""Huber's loss (1964): squared for errors up to `delta`, linear for larger ones.

So a few outliers move the fit less. `delta` counts in the unit in which the network learns: in
standard deviations of the target, unless `data.standardize_target` is false.
"""

from typing import Any

from pipeline.training.losses import Argument, Loss


def _build(reduction: str, _label_smoothing: float, *, delta: float) -> Any:
    import keras

    return keras.losses.Huber(delta=delta, reduction=reduction)


LOSS = Loss(
    suits=("a number",),
    build=_build,
    arguments={"delta": Argument(1.0, lambda value: value > 0, "a number above 0")},
)
