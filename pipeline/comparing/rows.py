"""Tests whether two models differ on the same test rows by more than luck."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation import intervals
from pipeline.evaluation.intervals import SEED, Against, Estimate
from pipeline.metrics import Metric
from pipeline.models.scores import Scores


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test of two shares of the same rows.

    Args:
        only_one, only_other: the rows that only one of the models gets right.
        p: two-sided.
    """

    only_one: int
    only_other: int
    p: float


def mcnemar(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> McNemar:
    """Tests whether two models are right on equally many rows (McNemar 1947, exact).

    If they are, each row that only one of them gets right is like the toss of a fair coin.

    Args:
        one, other: whether each model is right, bool `(rows,)`.
    """
    from scipy.stats import binomtest  # takes half a second to import

    only_one, only_other = int(np.sum(one & ~other)), int(np.sum(other & ~one))
    rows = only_one + only_other
    p = float(binomtest(only_one, rows, 0.5).pvalue) if rows else 1.0
    return McNemar(only_one, only_other, p)


@dataclass(frozen=True)
class RowsTest:
    """Two models by one metric on the same rows.

    Args:
        difference: the metric of the first minus that of the second, with its interval.
        p: two-sided. For a share of rows, it is the larger one of McNemar's test and of the
            interval, so both must agree on a winner.
        mcnemar: only for a share of rows.
        is_bound: whether p is the smallest that the draws can give. The true p may be smaller.
    """

    difference: Estimate
    p: float | None
    mcnemar: McNemar | None
    is_bound: bool = False


def compare_rows(
    metrics: dict[str, Metric], one: Scores, others: dict[str, Scores]
) -> dict[str, dict[str, RowsTest]]:
    """Compares one model with each of the others, by name of the other and of the metric.

    Args:
        metrics: those that are defined for all models.
        one, others: the scores of the same rows in the same order.
    """
    against = intervals.against(metrics, one, others, seed=SEED)
    return {
        other: {
            name: _test(metrics[name], one, others[other], against_one)
            for name, against_one in by_metric.items()
        }
        for other, by_metric in against.items()
    }


def _test(metric: Metric, one: Any, other: Any, against: Against) -> RowsTest:
    smallest = intervals.smallest_p(len(one))
    if not metric.share or metric.per_row is None or against.p is None:
        return RowsTest(against.difference, against.p, None, is_bound=against.p == smallest)
    exact = mcnemar(metric.per_row(one), metric.per_row(other))
    p = max(exact.p, against.p)
    return RowsTest(against.difference, p, exact, is_bound=p == smallest)
