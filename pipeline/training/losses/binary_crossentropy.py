"""Cross-entropy of two classes, with label smoothing."""

from typing import Any

from pipeline.training.losses import Loss


def _build(reduction: str, label_smoothing: float) -> Any:
    import keras

    return keras.losses.BinaryCrossentropy(
        from_logits=True, reduction=reduction, label_smoothing=label_smoothing
    )


LOSS = Loss(suits=("two classes",), build=_build, metric="log_loss", smooths_labels=True)
