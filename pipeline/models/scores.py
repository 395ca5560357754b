"""Scores: the truth of some rows beside what a model predicts for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta


@dataclass(frozen=True, eq=False)
class ClassScores:
    """The scores of a classification.

    Args:
        truth: class numbers, int64 `(rows,)`.
        log_probabilities: natural logarithms, float64 `(rows, classes)`. They come from the raw
            output, so they are finite even for a probability that a float rounds to 0.
        classes: the names of the classes by number.
    """

    truth: NDArray[np.int64]
    log_probabilities: NDArray[np.float64]
    classes: Sequence[str]

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """Float64 `(rows, classes)`; each row adds up to 1."""
        return np.exp(self.log_probabilities)

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each row, `(rows,)`; the first among equals."""
        return np.asarray(self.log_probabilities.argmax(axis=1))

    def number(self, name: str) -> int:
        """The number of a class, by its name."""
        return list(self.classes).index(name)

    def log_odds(self, number: int) -> NDArray[np.float64]:
        """The log-odds of a class against the rest, `(rows,)`.

        They tell apart probabilities that a float rounds to 1.
        """
        own = self.log_probabilities[:, number]
        rest = np.delete(self.log_probabilities, number, axis=1)
        return np.asarray(own - np.logaddexp.reduce(rest, axis=1))

    def take(self, rows: Any) -> "ClassScores":
        """The scores of some rows, in the given order."""
        return ClassScores(self.truth[rows], self.log_probabilities[rows], self.classes)

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True)
class NumberScores:
    """The scores of a regression, in the unit of the target.

    Args:
        truth, prediction: float64 `(rows,)`.
    """

    truth: NDArray[np.float64]
    prediction: NDArray[np.float64]

    def take(self, rows: Any) -> "NumberScores":
        """The scores of some rows, in the given order."""
        return NumberScores(self.truth[rows], self.prediction[rows])

    def __len__(self) -> int:
        return len(self.truth)


Scores = ClassScores | NumberScores


def perfect_scores(y: NDArray[Any], meta: Meta) -> Scores:
    """The scores of a model that predicts every row correctly and is sure of it.

    Args:
        y: `(rows,)`, as `prepare` writes it.
    """
    if meta.task == "regression":
        return scores_of(np.asarray(y).reshape(-1, 1), y, meta)
    sure = 50.0 * np.eye(len(meta.classes or ()))[np.asarray(y)]
    return scores_of(sure if meta.outputs > 1 else sure[:, 1:] - sure[:, :1], y, meta)


def scores_of(raw: NDArray[Any], y: NDArray[Any], meta: Meta) -> Scores:
    """The scores of a network's raw output, before softmax, sigmoid or the unit of the target.

    Args:
        raw: `(rows, outputs)`.
        y: `(rows,)`, as `prepare` writes it.
    """
    values = np.asarray(raw, dtype=np.float64)
    if meta.task == "regression":
        return NumberScores(meta.target.decoded(y), meta.target.decoded(values[:, 0]))
    if meta.outputs == 1:  # the output is the log-odds of the second class
        values = np.hstack([np.zeros_like(values), values])
    from scipy.special import log_softmax  # takes a third of a second to import

    logarithms: NDArray[np.float64] = log_softmax(values, axis=1)
    return ClassScores(np.asarray(y, dtype=np.int64), logarithms, meta.classes or ())
