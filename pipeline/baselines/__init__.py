"""Baselines: simple models that a network is compared with, one module each.

They are estimators of scikit-learn with its defaults, one for each target. Each learns from the
training rows that the network learns from, with the same features. Images are flattened, with
pixels from 0 to 1.

So that `evaluate` need not wait long, each baseline limits its work: on large data it learns from a
sample. It does not limit its time, so its figures are the same on every machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from pipeline.data.prepared import Meta
from pipeline.registry import Registry

BASELINES = Registry("pipeline.baselines", "baseline")

_MOST_BYTES = 600_000_000  # of the features of all training rows that a baseline learns from


@dataclass(frozen=True)
class Baseline:
    """A simple model. Each module defines one as `BASELINE`.

    Args:
        title: in the report, such as `always the commonest class`.
        place: the order in tables; simple models come first.
        suits: whether it can learn the data.
        build: makes an unfitted estimator of scikit-learn for data and a number of rows. Random
            choices of the estimator have a fixed seed.
        most_rows: how many training rows it can learn from in about ten seconds on two slow cores.
        ignores_features: whether all rows get the same answer.
        has_probabilities: whether a classifier gives probabilities. Without them, only metrics of
            the predicted classes are measured.
    """

    title: str
    place: int
    suits: Callable[[Meta], bool]
    build: Callable[[Meta, int], Any]
    most_rows: Callable[[Meta], float] = lambda _meta: float("inf")
    ignores_features: bool = False
    has_probabilities: bool = True

    def row_count(self, meta: Meta) -> int:
        """The number of training rows that it learns from."""
        if self.ignores_features:
            return meta.rows["train"]
        fitting = _MOST_BYTES / (features(meta) * (4 if has_images(meta) else 8))
        return int(min(meta.rows["train"], self.most_rows(meta), fitting))


def suiting(meta: Meta) -> dict[str, Baseline]:
    """The baselines for some data by name; simple ones come first."""
    baselines = {name: module.BASELINE for name, module in BASELINES.all().items()}
    suited = {name: baseline for name, baseline in baselines.items() if baseline.suits(meta)}
    return dict(sorted(suited.items(), key=lambda item: item[1].place))


def features(meta: Meta) -> int:
    """The number of features of a row; each pixel and colour of an image is one."""
    return prod(meta.shape)


def has_images(meta: Meta) -> bool:
    """Whether the rows are images."""
    return meta.pixel_maximum is not None
