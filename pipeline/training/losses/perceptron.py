"""Rosenblatt's perceptron criterion: `max(0, -s · output)`.

The sign s is -1 for class 0 and 1 for class 1. With a batch of one row, its gradient is that of the
perceptron rule (Rosenblatt 1958). It changes the weights by `learning_rate · (target - output) ·
x`, after mistakes only.
"""

from typing import Any

from pipeline.training.losses import Loss


def _build(reduction: str, _label_smoothing: float) -> Any:
    import keras

    class Perceptron(keras.losses.Loss):  # type: ignore[misc]
        """The criterion of classes 0 and 1."""

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """One value for each row."""
            sign = 2.0 * keras.ops.cast(y_true, y_pred.dtype) - 1.0
            return keras.ops.mean(keras.ops.relu(-sign * y_pred), axis=-1)

    return Perceptron(reduction=reduction)


LOSS = Loss(suits=("two classes",), build=_build, gives_probabilities=False)
