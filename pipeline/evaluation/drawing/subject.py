"""What an experiment's figures are drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta, Part
from pipeline.evaluation.drawing.style import literal
from pipeline.evaluation.scoring import Scores
from pipeline.models import anatomy
from pipeline.runs.history import Point


@dataclass(frozen=True)
class Subject:
    """A served model, the served models of its snapshots by step, two splits, and the scores on the test split.

    `kept` is the step whose weights the model has.
    """

    name: str
    meta: Meta
    model: Any
    snapshots: Mapping[int, Any]
    train: Part
    test: Part
    scores: Scores
    history: Sequence[Point]
    kept: int

    @property
    def classes(self) -> list[str]:
        """The classes by number, as figures have room for them; none of a regression."""
        return [literal(_short(name)) for name in self.meta.classes or []]

    @property
    def network(self) -> Any:
        return anatomy.network_of(self.model)

    def pictures(self, part: Part, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Images of a split from 0 to 1: `(n, height, width, 3)` where they are coloured, else `(n, height, width)`."""
        pictures: NDArray[np.float64] = part.x[rows] / float(self.meta.pixel_maximum or 1)
        return pictures if pictures.shape[3] == 3 else pictures[..., 0]


def _short(name: str) -> str:
    """The beginning and the end of a long name."""
    return name if len(name) <= 24 else f"{name[:15]}…{name[-8:]}"
