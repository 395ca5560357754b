"""Always the commonest class, with the shares of the classes as probabilities.

For several labels, it predicts the commoner of yes and no for each label.
"""

from typing import Any

from pipeline.baselines import Baseline
from pipeline.data.prepared import Meta


def _build(_meta: Meta, _rows: int) -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior")


BASELINE = Baseline(
    title="always the commonest class",
    place=10,
    suits=lambda meta: meta.task != "regression",
    build=_build,
    ignores_features=True,
)
