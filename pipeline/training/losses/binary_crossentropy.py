"""Cross-entropy of two classes, or the mean over several labels, with label smoothing."""

from typing import Any

from pipeline.training.losses import Loss


def _build(reduction: str, label_smoothing: float) -> Any:
    import keras

    return keras.losses.BinaryCrossentropy(
        from_logits=True, reduction=reduction, label_smoothing=label_smoothing
    )


LOSS = Loss(
    suits=("two classes", "several labels"),
    build=_build,
    metric="log_loss",
    smooths_labels=True,
)
