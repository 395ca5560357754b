"""Mean squared error of a number."""

from typing import Any

from pipeline.training.losses import Loss


def _build(reduction: str, _label_smoothing: float) -> Any:
    import keras

    return keras.losses.MeanSquaredError(reduction=reduction)


LOSS = Loss(suits=("a number",), build=_build, metric="mse")
