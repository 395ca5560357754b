"""Figures of predictions, and of tables whose columns are a place: two features, or longitude and latitude."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from pipeline import metrics
from pipeline.data.prepared import Meta, Part, input_name
from pipeline.evaluation import figures
from pipeline.evaluation.drawing.style import literal
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures.plane import Points
from pipeline.evaluation.gallery.curves import quantity
from pipeline.models import anatomy
from pipeline.models.serving import serve

MOST_CLASSES = 64  # of a confusion matrix that can be read, in a small file
MOST_IN_PLANE = 20  # classes, each of which has a line in the legend
MOST_POINTS = 500  # of a split, in the plane of two features
_RESOLUTION = 200  # places of that plane along each axis


def draw_regression(subject: Subject) -> dict[str, Figure]:
    """`residuals`, and `error_map` where longitude and latitude are features in degrees."""
    true, predicted, unit = (
        subject.scores.truth,
        subject.scores.prediction,
        quantity(subject.meta.target),
    )
    title = f"{subject.name}: predictions of the test split and their errors"
    drawn = {"residuals": figures.residuals(true, predicted, unit=unit, title=title)}
    columns = _columns(subject.meta)
    if {"longitude", "latitude"} <= columns.keys():
        longitude, latitude = (columns[name].of(subject.test) for name in ("longitude", "latitude"))
        if np.abs(longitude).max() <= 360 and np.abs(latitude).max() <= 90:
            title = f"{subject.name}: where the errors of the test split lie"
            drawn["error_map"] = figures.error_map(
                longitude, latitude, predicted - true, unit=unit, title=title
            )
    return drawn


def draw_classification(subject: Subject) -> dict[str, Figure]:
    """`confusion_matrix`; of two features `decision_boundary`, and of two classes `output_surfaces` too.

    Nothing where there are too many classes to be told apart.
    """
    if len(subject.classes) > MOST_CLASSES:
        return {}
    guesses = metrics.predicted_classes(subject.scores.prediction)
    counts = confusion_matrix(subject.scores.truth, guesses, labels=range(len(subject.classes)))
    title = f"{subject.name}: confusion matrix of the test split"
    drawn = {"confusion_matrix": figures.confusion_matrix(counts, subject.classes, title=title)}
    columns = list(_columns(subject.meta).values())
    if subject.meta.shape == [2] and len(columns) == 2 and len(subject.classes) <= MOST_IN_PLANE:
        drawn |= _on_the_plane(subject, *columns)
    return drawn


@dataclass(frozen=True)
class _Column:
    """A numeric column of the CSV that is a feature by itself, the number `place`."""

    name: str
    place: int
    mean: float
    scale: float

    def of(self, part: Part) -> NDArray[np.float64]:
        """Its values in the unit of the CSV, with what stands in for missing ones."""
        values: NDArray[np.float64] = (
            part.x[:, self.place].astype(np.float64) * self.scale + self.mean
        )
        return values

    def axis(self, *parts: Part) -> NDArray[np.float64]:
        """Places over all its values, with a margin."""
        values = np.concatenate([self.of(part) for part in parts])
        low, high = values.min(), values.max()
        margin = 0.15 * (high - low) or 1.0
        return np.linspace(low - margin, high + margin, _RESOLUTION)


def _columns(meta: Meta) -> dict[str, _Column]:
    numeric = meta.table.numeric if meta.table is not None else []
    return {
        feature.of[0]: _Column(feature.of[0], place, feature.mean, feature.scale)
        for place, feature in enumerate(numeric)
        if len(feature.of) == 1
    }


def _on_the_plane(subject: Subject, first: _Column, second: _Column) -> dict[str, Figure]:
    across, up = (column.axis(subject.train, subject.test) for column in (first, second))
    inputs = (input_name(column.name) for column in (first, second))
    places = {
        name: grid.reshape(-1, 1)
        for name, grid in zip(inputs, np.meshgrid(across, up), strict=True)
    }
    names = (literal(first.name), literal(second.name))

    def probabilities_of(model: Any) -> NDArray[np.float64]:
        """Of a served model, (len(up), len(across), classes)."""
        return metrics.by_class(keras.ops.convert_to_numpy(model(places))).reshape(
            len(up), len(across), -1
        )

    probabilities = probabilities_of(subject.model)
    train, test = (_points(part, first, second) for part in (subject.train, subject.test))
    drawn = {
        "decision_boundary": figures.decision_boundary(
            across,
            up,
            probabilities,
            train=train,
            test=test,
            classes=subject.classes,
            names=names,
            title=f"{subject.name}: decision boundary",
        )
    }
    if len(subject.classes) == 2:
        stepping = (
            probabilities_of(serve(anatomy.with_steps(subject.network), subject.meta))[:, :, 1]
            >= 0.5
        )
        outputs = {
            "its own activations, and a sigmoid": probabilities[:, :, 1],
            "a step in place of each": stepping.astype(np.float64),
        }
        title = f"{subject.name}: output for the class {subject.classes[1]}"
        drawn["output_surfaces"] = figures.output_surfaces(
            across, up, outputs, names=names, title=title
        )
    return drawn


def _points(part: Part, first: _Column, second: _Column) -> Points:
    """Rows of a split, or some of them, evenly taken."""
    rows = np.unique(np.linspace(0, len(part) - 1, MOST_POINTS).astype(np.int64))
    return Points(np.column_stack([first.of(part), second.of(part)])[rows], part.y[rows])
