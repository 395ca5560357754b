"""Cross-entropy of several classes, from one-hot labels, with label smoothing."""

from typing import Any

from pipeline.training.losses import Loss
from pipeline.training.losses._one_hot import one_hot


def _build(reduction: str, label_smoothing: float) -> Any:
    import keras

    class OneHotCrossentropy(keras.losses.CategoricalCrossentropy):  # type: ignore[misc]
        """Turns class numbers into one-hot labels first."""

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """One value for each row."""
            return super().call(one_hot(y_true, y_pred), y_pred)

    return OneHotCrossentropy(
        from_logits=True, reduction=reduction, label_smoothing=label_smoothing
    )


LOSS = Loss(suits=("several classes",), build=_build, metric="log_loss", smooths_labels=True)
