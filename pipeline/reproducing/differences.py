"""Compares two trainings to the bit: points of the history, variables and test metrics."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import h5py
import numpy as np
from numpy.typing import NDArray

from pipeline.runs.history import Point
from pipeline.tracking import names
from pipeline.tracking.recorded import Steps

_WEIGHTS = "model.weights.h5"  # in a file of Keras


@dataclass(frozen=True)
class Departure:
    """A figure that is not the same in both trainings.

    Args:
        before, again: its values; None where a training does not have it.
    """

    metric: str
    step: int
    before: float | None
    again: float | None

    def __str__(self) -> str:
        before, again = _in_words(self.before), _in_words(self.again)
        return f"{self.metric} at step {self.step:,}: {before} and {again}"


@dataclass(frozen=True)
class OtherVariable:
    """A variable with other bytes.

    Args:
        shape, size: its shape and number of values.
        count: how many of them differ.
        largest: the largest absolute difference; None if the shapes differ.
    """

    name: str
    shape: tuple[int, ...]
    count: int
    largest: float | None

    def __str__(self) -> str:
        size = math.prod(self.shape)
        if self.largest is None:
            return f"{self.name} has another shape, {self.shape}"
        return f"{self.count:,} of {size:,} values of {self.name}, by up to {self.largest:.3g}"


def _in_words(value: float | None) -> str:
    return "no value" if value is None else repr(value)


def figures_of(points: Sequence[Point]) -> dict[str, dict[int, float]]:
    """The figures of a history by name and step."""
    steps: dict[str, dict[int, float]] = {}
    for point in points:
        for name, value in {**point.metrics, "learning_rate": point.learning_rate}.items():
            steps.setdefault(name, {})[point.step] = value
    return steps


def stored(figures: Steps) -> Steps:
    """Figures by the name that they have in the store."""
    return {names.path(name): steps for name, steps in figures.items()}


def departures(before: Steps, again: Steps) -> list[Departure]:
    """The figures that differ in a bit, in the order of their steps."""
    keys = {(step, name) for steps in (before, again) for name in steps for step in steps[name]}
    result = []
    for step, name in sorted(keys):
        one, two = before.get(name, {}).get(step), again.get(name, {}).get(step)
        if not _same(one, two):
            result.append(Departure(name, step, one, two))
    return result


def _same(one: float | None, two: float | None) -> bool:
    if one is None or two is None:
        return one is two
    return one == two or (math.isnan(one) and math.isnan(two))


def other_variables(before: Path, again: Path) -> list[OtherVariable]:
    """The variables with other bytes in two saved models, in the order of the first model."""
    one, two = _variables(before), _variables(again)
    result: list[OtherVariable] = []
    for name in [*one, *(name for name in two if name not in one)]:
        result += _other(name, one.get(name), two.get(name))
    return result


def _other(
    name: str, one: NDArray[np.generic] | None, two: NDArray[np.generic] | None
) -> Iterable[OtherVariable]:
    if one is None or two is None or one.shape != two.shape or one.dtype != two.dtype:
        shape = one.shape if one is not None else two.shape if two is not None else ()
        yield OtherVariable(name, shape, math.prod(shape), None)
        return
    size = one.dtype.itemsize
    bits_one, bits_two = (
        np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, size)
        for array in (one, two)
    )
    differ = (bits_one != bits_two).any(axis=1)
    if differ.any():
        gaps = np.abs(one.astype(np.float64) - two.astype(np.float64)).reshape(-1)[differ]
        yield OtherVariable(name, one.shape, int(differ.sum()), float(np.nanmax(gaps)))


def _variables(model: Path) -> dict[str, NDArray[np.generic]]:
    """The variables in a file of Keras by their path in it."""
    arrays: dict[str, NDArray[np.generic]] = {}

    def add(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[()]

    with TemporaryDirectory() as folder, ZipFile(model) as archive:
        path = archive.extract(_WEIGHTS, folder)
        with h5py.File(path) as file:
            file.visititems(add)
    return arrays
