"""Cross-entropy of several classes, from class numbers."""

from typing import Any

from pipeline.training.losses import Loss


def _build(reduction: str, _label_smoothing: float) -> Any:
    import keras

    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)


LOSS = Loss(suits=("several classes",), build=_build, metric="log_loss")
