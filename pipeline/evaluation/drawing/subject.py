"""The experiment that figures show."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta, Split, Target
from pipeline.evaluation.drawing.style import literal
from pipeline.models import anatomy
from pipeline.models.scores import NumberScores, Scores, ScoresByTarget
from pipeline.runs.history import Point


@dataclass(frozen=True)
class NumberTarget:
    """A target of a regression.

    Args:
        suffix: the suffix of file names, if there are several targets.
        title: the experiment, and the target if there are several.
        unit: the target in the unit that the served model predicts.
        scores: by split.
    """

    suffix: str
    title: str
    unit: str
    scores: Mapping[str, NumberScores]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A trained experiment.

    Args:
        model: the served model.
        snapshots: the served model after each step of `training.evaluate_at`.
        train, test: two splits of the data.
        scores: truth and prediction of the test split.
        validation_scores: the same for the validation split.
        gives_probabilities: whether the outputs of a classifier are probabilities.
        saved_step: the step of the model's weights.
    """

    name: str
    meta: Meta
    model: Any
    snapshots: Mapping[int, Any]
    train: Split
    test: Split
    scores: Scores
    validation_scores: Scores
    gives_probabilities: bool = True
    history: Sequence[Point]
    saved_step: int

    @property
    def scores_by_split(self) -> dict[str, Scores]:
        """The scores of the validation and of the test split, by its name."""
        return {"validation": self.validation_scores, "test": self.scores}

    @property
    def classes(self) -> list[str]:
        """The classes by number, as labels of figures. A regression has none."""
        return [literal(_short(name)) for name in self.meta.classes or []]

    @property
    def numbers(self) -> list[NumberTarget]:
        """The targets of a regression; none for other tasks."""
        results = []
        suffixes = _suffixes(self.meta.several) or [""]
        for target, suffix in zip(self.meta.targets, suffixes, strict=True):
            scores = {
                split: part
                for split, of_split in self.scores_by_split.items()
                if isinstance(part := part_of(of_split, target.name), NumberScores)
            }
            if scores:
                title = f"{self.name}, {literal(target.name)}" if suffix else self.name
                results.append(NumberTarget(suffix, title, unit_of(target), scores))
        return results

    @property
    def has_images(self) -> bool:
        return self.meta.pixel_maximum is not None and self.meta.classes is not None

    @property
    def network(self) -> Any:
        """The trained network inside the served model."""
        return anatomy.network_of(self.model)

    def images(self, split: Split, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Images of a split, with values from 0 to 1.

        Returns:
            Colour images `(rows, height, width, 3)`, or grey images `(rows, height, width)`.
        """
        images: NDArray[np.float64] = split.x[rows] / float(self.meta.pixel_maximum or 1)
        return images if images.shape[3] == 3 else images[..., 0]

    def image_title(self, row: int) -> str:
        """`test image 13: seven`."""
        return f"test image {row}: {self.classes[self.test.y[row]]}"


def part_of(scores: Scores, target: str) -> Scores:
    """The scores of one target."""
    return scores.parts[target] if isinstance(scores, ScoresByTarget) else scores


def unit_of(target: Target) -> str:
    """The target of a regression in the unit that the served model predicts."""
    name = literal(target.name)
    return name if target.unit == 1 else f"{name} / {target.unit:,g}"


def _suffixes(names: Sequence[str]) -> list[str]:
    """Different endings of file names, made of the names of targets."""
    plain = [re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_").lower() for name in names]
    return [
        name if name and plain.count(name) == 1 else f"{name}_{number}".strip("_")
        for number, name in enumerate(plain, start=1)
    ]


def _short(name: str) -> str:
    """The beginning and the end of a long name."""
    return name if len(name) <= 24 else f"{name[:15]}…{name[-8:]}"
