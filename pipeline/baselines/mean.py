"""Always the mean of the training rows."""

from typing import Any

from pipeline.baselines import Baseline
from pipeline.data.prepared import Meta


def _build(_meta: Meta, _rows: int) -> Any:
    from sklearn.dummy import DummyRegressor

    return DummyRegressor(strategy="mean")


BASELINE = Baseline(
    title="always the mean",
    place=10,
    suits=lambda meta: meta.task == "regression",
    build=_build,
    ignores_features=True,
)
