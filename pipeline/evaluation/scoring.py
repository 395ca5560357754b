"""Scores of a saved model: its predictions for a split, and the truth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.data import tables
from pipeline.data.columns import levels, numbers
from pipeline.data.prepared import Meta, Split, input_name
from pipeline.evaluation.intervals import confidence_interval
from pipeline.metrics import Interval, of_task

_BATCH = 1024


@dataclass(frozen=True)
class Scores:
    """Truth and prediction of one split, as `pipeline.metrics.Metric` describes them."""

    task: str
    truth: NDArray[Any]
    prediction: NDArray[Any]

    def metrics(self) -> dict[str, float]:
        """Every metric of the task."""
        return {
            name: metric.value(self.truth, self.prediction)
            for name, metric in of_task(self.task).items()
        }

    def intervals(self, *, seed: int) -> dict[str, Interval]:
        """The 95 % confidence limits of every metric.

        Args:
            seed: the seed of the bootstrap.
        """
        return {
            name: confidence_interval(metric, self.truth, self.prediction, seed=seed)
            for name, metric in of_task(self.task).items()
        }


def score(model: Any, split: Split, meta: Meta) -> Scores:
    """Predicts a whole split with a served model. A table is read from `rows.csv`."""
    inputs = split.x if meta.table is None else _columns(split, meta)
    batches = tf.data.Dataset.from_tensor_slices(inputs).batch(_BATCH)
    prediction = model.predict(batches, verbose=0)
    if meta.task == "classification":
        return Scores(meta.task, np.asarray(split.y, dtype=np.int64), prediction)
    truth = np.asarray(split.y, dtype=np.float64) * meta.target.scale + meta.target.mean
    return Scores(meta.task, truth, prediction[:, 0].astype(np.float64))


def _columns(split: Split, meta: Meta) -> dict[str, Any]:
    """The inputs of a served model of a table, by name."""
    if meta.table is None or split.rows is None:
        raise ValueError("a table has rows.csv")
    text = tables.read(split.rows)
    advice = f"Prepare the data again with: dvc repro prepare@{meta.name}"
    columns = {
        input_name(name): tf.constant(numbers(text, name, advice=advice).reshape(-1, 1))
        for name in meta.table.numeric_columns
    }
    for name in meta.table.categorical_columns:
        columns[input_name(name)] = tf.constant([[level] for level in levels(text, name)])
    return columns
