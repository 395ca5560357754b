"""Describes the first step of a training with a value that is not finite."""

import csv
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.replaying.moment import Moment
from pipeline.replaying.watching import not_finite
from pipeline.training.fitting import Fit

_MOST_CELLS = 40  # of a row that is shown


def describe(fit: Fit, moment: Moment) -> dict[str, Any]:
    """The batch of a step, and its values that are not finite.

    Returns:
        `step`, `epoch` and `learning_rate` · `rows`: the batch, as row numbers of the training
        split · `rows_not_finite`: those with an input, a target or a loss that is not finite ·
        `cells`: of these rows, for a table · `gradients_not_finite`, `variables_not_finite`: paths
    """
    task = fit.engine.task
    x, y, *_ = moment.batch
    inputs = [_rows_not_finite(array) for array in tf.nest.flatten(x)]
    losses = _losses(fit, moment)
    guilty = np.any([*inputs, _rows_not_finite(y), ~np.isfinite(losses)], axis=0)
    gradients = [
        path for path, gradient in moment.gradients.items() if not np.isfinite(gradient).all()
    ]
    rows = [int(row) for row in moment.rows]
    culprits = [row for row, is_guilty in zip(rows, guilty, strict=True) if is_guilty]
    return {
        "step": moment.step,
        "epoch": 1 + (moment.step - 1) // task.schedule.steps_per_epoch,
        "learning_rate": float(fit.engine.optimizer.learning_rate),
        "rows": rows,
        "rows_not_finite": culprits,
        "gradients_not_finite": gradients,
        "variables_not_finite": not_finite(fit.engine.variables),
        "cells": _cells(task.train.rows, culprits),
    }


def _rows_not_finite(array: NDArray[Any]) -> NDArray[np.bool_]:
    values = np.asarray(array).reshape(len(array), -1)
    if not np.issubdtype(values.dtype, np.inexact):
        return np.zeros(len(values), np.bool_)
    return np.asarray(~np.isfinite(values).all(axis=1))


def _losses(fit: Fit, moment: Moment) -> NDArray[np.float64]:
    """The loss of each row, without dropout and penalties."""
    x, y, *_ = moment.batch
    raw = fit.engine.network(tf.nest.map_structure(tf.constant, x), training=False)
    return np.asarray(fit.measuring.loss(y, raw.numpy()), np.float64)


def _cells(path: Path | None, rows: list[int]) -> dict[int, list[str]]:
    """Rows of a table as its source holds them, by their number."""
    if path is None or not rows:
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        lines = islice(csv.reader(file), 1, None)
        return {
            number: cells[:_MOST_CELLS] for number, cells in enumerate(lines) if number in set(rows)
        }
