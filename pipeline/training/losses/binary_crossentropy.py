"""Cross-entropy of two classes."""

from typing import Any

from pipeline.training.losses import Loss


def _build(reduction: str, _label_smoothing: float) -> Any:
    import keras

    return keras.losses.BinaryCrossentropy(from_logits=True, reduction=reduction)


LOSS = Loss(suits="two classes", build=_build, metric="log_loss")
