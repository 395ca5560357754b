"""A linear model: logistic regression for classes, ridge regression for numbers.

Both have scikit-learn's defaults: an L2 penalty with `C=1` or `alpha=1`, and for logistic
regression L-BFGS with at most 100 iterations. On large images it stops earlier, but not before 20:
there, more rows gave better results than more iterations.
"""

import math
from typing import Any

from pipeline.baselines import Baseline, features
from pipeline.data.prepared import Meta

_MOST_ITERATIONS, _FEWEST_ITERATIONS = 100, 20
_PRODUCTS = 3e10  # of features and weights, in all iterations of logistic regression
_PRODUCTS_OF_RIDGE = 1e11  # of two features, in the matrix that ridge regression inverts


def _build(meta: Meta, rows: int) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if meta.task == "regression":
        return Ridge()
    affordable = int(_PRODUCTS / (rows * _weights(meta)))
    iterations = max(_FEWEST_ITERATIONS, min(_MOST_ITERATIONS, affordable))
    centre = StandardScaler(with_std=False, copy=False)  # L-BFGS then needs fewer iterations
    return make_pipeline(centre, LogisticRegression(max_iter=iterations))


def _most_rows(meta: Meta) -> float:
    if meta.task != "regression":
        return _PRODUCTS / (_FEWEST_ITERATIONS * _weights(meta))
    count = features(meta)
    # With fewer rows than features, the matrix has a row and a column for each row.
    return max(_PRODUCTS_OF_RIDGE / count**2, math.sqrt(_PRODUCTS_OF_RIDGE / count))


def _weights(meta: Meta) -> int:
    return features(meta) * meta.outputs


BASELINE = Baseline(
    title="a linear model",
    place=30,
    suits=lambda _meta: True,
    build=_build,
    most_rows=_most_rows,
)
