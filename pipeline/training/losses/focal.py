"""Focal loss (Lin et al. 2017): cross-entropy with less weight for well-predicted rows.

A row with probability p of its class has the weight `(1 - p) ** gamma`. `alpha` is that of Keras.
For two classes it is the weight of the second class, and `1 - alpha` that of the first. Without it,
both are equal. For several classes it is a factor of the loss, 0.25 by default.

The focal loss is not a proper score. The outputs that minimise it are less certain than the
probabilities of the classes (Charoenphakdee et al. 2021).
"""

from typing import Any

from pipeline.training.losses import Argument, Loss
from pipeline.training.losses._one_hot import one_hot


def _build(reduction: str, label_smoothing: float, *, gamma: float, alpha: float | None) -> Any:
    import keras

    shared = {"gamma": gamma, "from_logits": True, "label_smoothing": label_smoothing}
    if alpha is not None:
        shared["alpha"] = alpha
    of_two = keras.losses.BinaryFocalCrossentropy(apply_class_balancing=alpha is not None, **shared)
    of_several = keras.losses.CategoricalFocalCrossentropy(**shared)

    class Focal(keras.losses.Loss):  # type: ignore[misc]
        """Keras's focal loss of the kind that suits the outputs."""

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """One value for each row."""
            if y_pred.shape[-1] == 1:
                return of_two.call(y_true, y_pred)
            return of_several.call(one_hot(y_true, y_pred), y_pred)

    return Focal(reduction=reduction)


LOSS = Loss(
    suits=("several classes", "two classes"),
    build=_build,
    smooths_labels=True,
    arguments={
        # The gradient of a power below 1 is infinite where p is 1.
        "gamma": Argument(2.0, lambda value: value >= 1, "a number from 1"),
        "alpha": Argument(None, lambda value: 0 < value < 1, "a number above 0 and below 1"),
    },
    gives_probabilities=False,
)
