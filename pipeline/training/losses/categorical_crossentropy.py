"""Cross-entropy of several classes, from one-hot labels, with label smoothing."""

from typing import Any

from pipeline.training.losses import Loss


def _build(reduction: str, label_smoothing: float) -> Any:
    import keras

    class OneHotCrossentropy(keras.losses.CategoricalCrossentropy):  # type: ignore[misc]
        """Turns class numbers into one-hot labels first."""

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """One value for each row."""
            numbers = keras.ops.cast(keras.ops.squeeze(y_true, axis=-1), "int32")
            labels = keras.ops.one_hot(numbers, y_pred.shape[-1], dtype=y_pred.dtype)
            return super().call(labels, y_pred)

    return OneHotCrossentropy(
        from_logits=True, reduction=reduction, label_smoothing=label_smoothing
    )


LOSS = Loss(suits="several classes", build=_build, metric="log_loss", smooths_labels=True)
