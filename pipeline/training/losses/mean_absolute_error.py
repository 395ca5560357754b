"""Mean absolute error of a number."""

from typing import Any

from pipeline.training.losses import Loss


def _build(reduction: str, _label_smoothing: float) -> Any:
    import keras

    return keras.losses.MeanAbsoluteError(reduction=reduction)


LOSS = Loss(suits=("a number",), build=_build, metric="mae")
