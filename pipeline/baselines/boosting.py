"""Gradient boosting of trees (`HistGradientBoosting…`), for tables.

It gets the features of the network: missing numbers are filled in, and categories are indicators.
"""

from typing import Any

from pipeline.baselines import Baseline, features, has_images
from pipeline.data.prepared import Meta

_SEED = 0
_ITERATIONS = 100  # the default; each grows one tree, or one for each of several classes
_NODES = 16_000  # finding the splits of a tree takes as long as counting so many rows
_COUNTS = 1e9  # the values that all trees together add to histograms


def _build(meta: Meta, _rows: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if meta.task == "regression":
        return HistGradientBoostingRegressor(max_iter=_ITERATIONS, random_state=_SEED)
    return HistGradientBoostingClassifier(max_iter=_ITERATIONS, random_state=_SEED)


def _most_rows(meta: Meta) -> float:
    return _COUNTS / (_ITERATIONS * meta.outputs * features(meta)) - _NODES


BASELINE = Baseline(
    title="gradient boosting",
    place=40,
    suits=lambda meta: not has_images(meta),
    build=_build,
    most_rows=_most_rows,
)
