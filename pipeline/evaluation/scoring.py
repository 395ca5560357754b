"""Scores of a saved model on a split, and all metrics of them."""

from typing import Any

import numpy as np

from pipeline import metrics
from pipeline.data import tables
from pipeline.data.prepared import Meta, Split
from pipeline.evaluation.intervals import confidence_interval
from pipeline.metrics import Interval
from pipeline.models import anatomy
from pipeline.models.scores import NumberScores, Scores, scores_of
from pipeline.runs.model_card import columns_of
from pipeline.serving.inputs import table_inputs
from pipeline.serving.predictor import outputs_of


def metrics_of(scores: Scores, task: str) -> dict[str, float]:
    """Every metric of a task."""
    return {name: metric.value(scores) for name, metric in metrics.of_task(task).items()}


def intervals_of(scores: Scores, task: str, *, seed: int) -> dict[str, Interval]:
    """The 95 % confidence limits of every metric of a task.

    Args:
        seed: the seed of the bootstrap.
    """
    return {
        name: confidence_interval(metric, scores, seed=seed)
        for name, metric in metrics.of_task(task).items()
    }


def score(model: Any, split: Split, meta: Meta) -> Scores:
    """Predicts a whole split with a served model.

    Classes are scored by the raw output, because a probability may round to 0. The cells of a table
    come from `rows.csv` as the source's CSV holds them.
    """
    values = split.x if meta.table is None else _cells(split, meta)
    if meta.task == "classification":
        return scores_of(outputs_of(anatomy.with_raw_output(model), values), split.y, meta)
    truth = np.asarray(split.y, dtype=np.float64) * meta.target.scale + meta.target.mean
    return NumberScores(truth, outputs_of(model, values)[:, 0].astype(np.float64))


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
