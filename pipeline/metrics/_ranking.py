"""Metrics of a ranking: one class against the rest, by the log-odds of the class."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import UndefinedError
from pipeline.metrics._sampling import FEWEST_OF_A_CLASS, Floats, Influence, require_rows
from pipeline.models.scores import ClassScores

Ranking = tuple[NDArray[np.bool_], Floats]  # whether a row is of the class, and its rank


def ranking(scores: ClassScores, number: int) -> Ranking:
    """One class against the rest.

    Raises:
        UndefinedError: the rows are all of the class, or none is.
    """
    positive = scores.truth == number
    name = scores.classes[number]
    if not positive.any():
        raise UndefinedError(f"no row is of class {name}")
    if positive.all():
        raise UndefinedError(f"all rows are of class {name}")
    return positive, scores.log_odds(number)


def rankings(scores: ClassScores, name: str | None) -> list[Ranking]:
    """One class against the rest.

    Without a name: the second of two classes, or each of several.
    """
    if name is not None:
        numbers = [scores.number(name)]
    else:
        numbers = [1] if len(scores.classes) == 2 else list(range(len(scores.classes)))
    return [ranking(scores, number) for number in numbers]


def mean_influence(rankings: list[Ranking], influence: Callable[..., Influence]) -> Influence:
    """How a mean over classes varies.

    The extra row is of the rarest class. It is ranked as low or as high as possible.

    Raises:
        TooFewError: a class, or its rest, has too few rows.
    """
    shares = []
    for positive, _ in rankings:
        count = int(positive.sum())
        fewest = min(count, len(positive) - count)
        require_rows(fewest, of="rows of a class", fewest=FEWEST_OF_A_CLASS)
        shares.append(fewest / len(positive))
    parts = [influence(*one) for one in rankings]
    reach = 1 / (len(parts) * min(shares)) + (len(parts) > 1)
    return Influence(
        float(np.mean([part.value for part in parts])),
        np.mean([part.rows for part in parts], axis=0),
        reach=reach,
    )
