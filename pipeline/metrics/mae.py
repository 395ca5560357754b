"""Mean absolute error, in the target's unit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta
from pipeline.metrics import Metric


def _errors(truth: NDArray[Any], prediction: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.abs(truth - prediction))


def _watched(_meta: Meta) -> Any:
    import keras

    return keras.metrics.MeanAbsoluteError(name="mae")


METRIC = Metric(
    task="regression",
    larger_is_better=False,
    per_row=_errors,
    unit="{target}",
    watched=_watched,
)
