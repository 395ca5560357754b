"""Accuracy: the share of rows that the model classifies correctly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta
from pipeline.metrics import Interval, Metric
from pipeline.models.probabilities import predicted_classes


def _hits(truth: NDArray[Any], prediction: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(predicted_classes(prediction) == truth)


def _wilson(truth: NDArray[Any], prediction: NDArray[Any], confidence: float) -> Interval:
    """Wilson's score interval (1927)."""
    from scipy import stats  # takes half a second; trainings do not need it

    hits = int(np.sum(_hits(truth, prediction)))
    limits = stats.binomtest(hits, len(truth)).proportion_ci(confidence, method="wilson")
    return float(limits.low), float(limits.high)


def _watched(meta: Meta) -> Any:
    import keras

    if meta.outputs > 1:
        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    # The network gives raw output: 0 means probability 0.5.
    return keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    per_row=_hits,
    share=True,
    interval=_wilson,
    unit="share of rows",
    headline=True,
    watched=_watched,
)
