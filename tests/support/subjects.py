"""Untrained experiments for figures: small networks on random rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.data.prepared import Meta, NumericFeature, Split, Table
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind
from pipeline.models.scores import Scores, scores_of
from pipeline.models.serving import serve
from pipeline.runs.history import Point
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import plain

Layers = Sequence[Any]


def point(step: int, learning_rate: float = 0.1, **metrics: float) -> Point:
    """A point of a history, with the same metrics for both splits.

    Ten steps are an epoch.
    """
    by_split = {
        f"{split}/{name}": value
        for name, value in metrics.items()
        for split in ("train", "validation")
    }
    return Point(step, step / 10, 0, 0.0, 0.0, 0, learning_rate, by_split)


HISTORY = [point(10, loss=2.0, accuracy=0.5), point(20, loss=1.0, accuracy=0.6)]


def features(**statistics: tuple[float, float]) -> Table:
    """Numeric features by name, with their mean and scale."""
    return plain(
        [
            NumericFeature(name, [name], 0.0, mean, scale)
            for name, (mean, scale) in statistics.items()
        ],
        [],
    )


def dense(units: int = 4) -> list[Any]:
    """A flat hidden layer."""
    return [keras.layers.Flatten(name="flatten"), keras.layers.Dense(units, name="dense_1")]


def linear() -> list[Any]:
    """No hidden layer."""
    return [keras.layers.Flatten(name="flatten")]


def convolutions(*filters: int, size: int = 3) -> list[Any]:
    """Convolutions `conv_1`, `conv_2`, …, and a flatten layer."""
    layers = [
        keras.layers.Conv2D(count, size, padding="same", name=f"conv_{number}")
        for number, count in enumerate(filters, start=1)
    ]
    return [*layers, keras.layers.Flatten(name="flatten")]


def served(layers: Layers, meta: Meta) -> Any:
    """A served model of an untrained network with these hidden layers."""
    scale = [keras.layers.Rescaling(1 / 255, name="scale")] if meta.pixel_maximum else []
    network = keras.Sequential(
        [
            keras.Input(tuple(meta.shape), dtype=meta.dtype),
            *scale,
            *layers,
            keras.layers.Dense(meta.outputs, name="output"),
        ],
        name="network",
    )
    return serve(network, meta)


def subject(layers: Layers, meta: Meta, *, rows: int = 14, **changes: Any) -> Subject:
    """An experiment with random rows and predictions, some of them errors."""
    random = np.random.default_rng(0)
    train, test = (_part(random, meta, count) for count in (20, rows))
    facts = {"snapshots": {}, "history": HISTORY, "saved_step": 20} | changes
    return Subject(
        name="toy",
        meta=meta,
        model=served(layers, meta),
        train=train,
        test=test,
        scores=_scores(random, meta, test.y),
        validation_scores=_scores(random, meta, test.y[: rows // 2]),
        **facts,
    )


def _scores(random: np.random.Generator, meta: Meta, y: Any) -> Scores:
    return scores_of(random.normal(size=(len(y), meta.outputs)), y, meta)


def _part(random: np.random.Generator, meta: Meta, rows: int) -> Split:
    if meta.pixel_maximum is None:
        x = random.normal(size=(rows, *meta.shape)).astype(np.float32)
    else:
        x = random.integers(0, 256, size=(rows, *meta.shape), dtype=np.uint8)
    return Split(x, _targets(random, meta, rows), None)


def _targets(random: np.random.Generator, meta: Meta, rows: int) -> np.ndarray:
    if meta.classes:
        return np.arange(rows) % len(meta.classes)
    shape = (rows, len(meta.targets)) if meta.several else (rows,)
    if meta.task == "regression":
        return random.normal(size=shape)
    return random.integers(0, 2, size=shape)


def suited(kind: FigureKind, experiments: Mapping[str, Subject]) -> set[str]:
    """The names of the experiments that get a figure of a kind."""
    return {name for name, one in experiments.items() if kind.draw(one)}


def only(kind: FigureKind, one: Subject) -> Figure:
    """The only figure of a kind."""
    (figure,) = kind.draw(one).values()
    return figure


def texts(axes: Axes) -> list[str]:
    """The texts inside of a panel."""
    return [text.get_text() for text in axes.texts]


def sheet(axes: Axes) -> np.ndarray:
    """The pixels of the image of a panel; gaps are NaN."""
    return np.ma.filled(axes.images[0].get_array(), np.nan)


def legend(axes: Axes) -> list[str]:
    """The texts of the legend of a panel."""
    return [text.get_text() for text in axes.get_legend().get_texts()]


def rows_of(axes: Axes) -> list[int]:
    """How many labelled tiles stand in each row of a panel."""
    tops: list[Any] = [text.xy[1] for text in axes.texts]
    return [tops.count(top) for top in sorted(set(tops))]
