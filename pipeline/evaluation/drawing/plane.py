"""The plane of two features, for classifications that have only these two."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Split, input_name
from pipeline.evaluation.drawing.columns import Column, columns_of
from pipeline.evaluation.drawing.style import literal
from pipeline.evaluation.drawing.subject import Subject
from pipeline.models.body import values_for
from pipeline.models.probabilities import by_class

_MOST_CLASSES = 20  # each has a line in the legend
_MOST_POINTS = 500  # of a split


@dataclass(frozen=True)
class Points:
    """Rows of a split.

    Args:
        features: both features in the unit of the CSV, shape `(rows, 2)`.
        labels: class numbers, shape `(rows,)`.
    """

    features: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Plane:
    """Evenly spaced points of the plane.

    Args:
        columns: the features along the horizontal and the vertical axis.
        across, up: the values along both axes.
    """

    columns: tuple[Column, Column]
    across: NDArray[np.float64]
    up: NDArray[np.float64]

    @property
    def names(self) -> tuple[str, str]:
        """The labels of both axes."""
        first, second = (literal(column.name) for column in self.columns)
        return first, second

    def probabilities(self, model: Any) -> NDArray[np.float64]:
        """Computes the class probabilities of a served model at each point.

        Returns:
            Shape `(len(up), len(across), classes)`.
        """
        inputs = [input_name(column.name) for column in self.columns]
        grids = np.meshgrid(self.across, self.up)
        rows = {name: grid.reshape(-1, 1) for name, grid in zip(inputs, grids, strict=True)}
        output = keras.ops.convert_to_numpy(model(values_for(model, rows)))
        return by_class(output).reshape(len(self.up), len(self.across), -1)

    def points(self, split: Split) -> Points:
        """The rows of a split, or 500 of them, evenly spaced, if there are more."""
        rows = np.unique(np.linspace(0, len(split) - 1, _MOST_POINTS).astype(np.int64))
        features = np.column_stack([column.values(split) for column in self.columns])
        return Points(features[rows], split.y[rows])


def plane_of(subject: Subject) -> Plane | None:
    """The plane of an experiment, or None if its data do not have one."""
    columns = list(columns_of(subject.meta).values())
    if subject.meta.shape != [2] or len(columns) != 2:
        return None
    if not 0 < len(subject.classes) <= _MOST_CLASSES:
        return None
    across, up = (column.axis(subject.train, subject.test) for column in columns)
    return Plane((columns[0], columns[1]), across, up)
