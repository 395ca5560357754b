"""Log loss: the mean of -log(probability of the true class)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta
from pipeline.metrics import Metric
from pipeline.models.probabilities import by_class

_SMALLEST = 1e-7  # as Keras does, so that the loss is finite


def _losses(truth: NDArray[Any], prediction: NDArray[Any]) -> NDArray[np.float64]:
    clipped = np.clip(by_class(prediction.astype(np.float64)), _SMALLEST, 1 - _SMALLEST)
    return np.asarray(-np.log(clipped[np.arange(len(truth)), truth]))


def _watched(meta: Meta) -> Any:
    import keras

    if meta.outputs > 1:
        return keras.metrics.SparseCategoricalCrossentropy("log_loss", from_logits=True)
    return keras.metrics.BinaryCrossentropy("log_loss", from_logits=True)


METRIC = Metric(
    task="classification",
    larger_is_better=False,
    per_row=_losses,
    unit="nats",
    watched=_watched,
)
