"""Scores of a saved model: its predictions for a split, and the truth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data import tables
from pipeline.data.prepared import Meta, Split
from pipeline.evaluation.intervals import confidence_interval
from pipeline.metrics import Interval, of_task
from pipeline.runs.model_card import columns_of
from pipeline.serving.inputs import table_inputs
from pipeline.serving.predictor import outputs_of


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
    """Predicts a whole split with a served model.

    The cells of a table come from `rows.csv` as the source's CSV holds them.
    """
    prediction = outputs_of(model, split.x if meta.table is None else _cells(split, meta))
    if meta.task == "classification":
        return Scores(meta.task, np.asarray(split.y, dtype=np.int64), prediction)
    truth = np.asarray(split.y, dtype=np.float64) * meta.target.scale + meta.target.mean
    return Scores(meta.task, truth, prediction[:, 0].astype(np.float64))


def _cells(split: Split, meta: Meta) -> Any:
    """The inputs of a served model of a table."""
    columns = columns_of(meta)
    if columns is None or split.rows is None:
        raise ValueError("a table has rows.csv")
    text = tables.read(split.rows)
    inputs = table_inputs(columns, text.columns, place=text.line)
    for problem in inputs.problems.values():
        raise problem
    return inputs.values
