"""The quantile loss, or pinball loss: the network learns the quantile `level` of the target.

The loss of an error e = target - output is `level · e` if e is positive, and `(level - 1) · e` if
not (Koenker and Bassett 1978). Level 0.5 is half the absolute error and gives the median.
"""

from typing import Any

from pipeline.training.losses import Argument, Loss


def _build(reduction: str, _label_smoothing: float, *, level: float) -> Any:
    import keras

    class Quantile(keras.losses.Loss):  # type: ignore[misc]
        """The loss of one level."""

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """One value for each row."""
            error = keras.ops.cast(y_true, y_pred.dtype) - y_pred
            return keras.ops.mean(keras.ops.maximum(level * error, (level - 1) * error), axis=-1)

    return Quantile(reduction=reduction)


LOSS = Loss(
    suits=("a number",),
    build=_build,
    arguments={"level": Argument(0.5, lambda value: 0 < value < 1, "a number above 0 and below 1")},
)
