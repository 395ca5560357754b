"""Metrics of several targets: of each target, the mean over targets, or of all together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from pipeline.metrics._sampling import Floats, Sampling, TooFewError, difference
from pipeline.models.scores import ScoresByTarget


class Several(Enum):
    """How a metric measures several targets.

    `mean` averages its values over the targets, and suits metrics without a unit. The functions of
    a metric with `together` take `ScoresByTarget`.
    """

    nothing = "nothing"
    each = "each"
    mean = "mean"
    together = "together"


class UndefinedError(Exception):
    """The rows do not define a metric. The text is the reason."""


@dataclass(frozen=True)
class MeanOf:
    """A mean of a metric over targets. The extra row is the worst, or the best, for all of them."""

    parts: Sequence[Sampling]

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        lows, highs = zip(*(part.draws(weights, extra) for part in self.parts), strict=True)
        return np.mean(lows, axis=0), np.mean(highs, axis=0)

    def minus(self, other: "MeanOf") -> "MeanOf":
        """The difference of two models, target by target."""
        pairs = zip(self.parts, other.parts, strict=True)
        return MeanOf([difference(*pair) for pair in pairs])


def mean(values: Sequence[Any]) -> Any:
    """The mean over targets of numbers, or of arrays with a value for each row."""
    return values[0] if len(values) == 1 else np.mean(values, axis=0)


def mean_sampling(values: Sequence[Sampling]) -> Sampling:
    """How the mean over targets varies."""
    return values[0] if len(values) == 1 else MeanOf(values)


def over_targets(
    function: Callable[..., Any] | None,
    together: Callable[[Sequence[Any]], Any],
    *,
    several: Several,
    target: str | None,
    arguments: tuple[Any, ...],
    arguments_of: Callable[[Any], tuple[Any, ...]],
) -> Callable[[Any], Any] | None:
    """Binds the arguments of a function of scores, and extends it to several targets.

    Args:
        together: combines the values of the targets.
        target: the one to measure; None for all.
        arguments: the arguments of the function if the data have one target.
        arguments_of: gives the arguments for one of several targets, from its scores.
    """
    if function is None:
        return None

    def values(scores: ScoresByTarget) -> Iterator[Any]:
        parts = scores.parts if target is None else {target: scores.parts[target]}
        for name, part in parts.items():
            try:
                yield function(part, *arguments_of(part))
            except (UndefinedError, TooFewError) as error:
                raise type(error)(f"{name}: {error}" if target is None else str(error)) from None

    def bound(scores: Any) -> Any:
        if not isinstance(scores, ScoresByTarget) or several is Several.together:
            return function(scores, *arguments)
        return together(list(values(scores)))

    return bound
