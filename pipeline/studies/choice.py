"""The choice among the configurations of a study.

A configuration is a trial, or several that differ only by their seed. The best one has the best
mean. Two doubts belong to it: other configurations may be as good, and the figure of a winner is
too good, because luck helped to choose it.

The methods take the seeds as independent and normal, with one variance for all configurations. It
is pooled over them (the analysis of variance).
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.config.metrics import Direction
from pipeline.evaluation.intervals import CONFIDENCE
from pipeline.evaluation.over_seeds import mean_interval
from pipeline.studies.outcome import Outcome, Status

SEED = "seed"
_DRAWS = 10_000


@dataclass(frozen=True)
class Configuration:
    """Finished trials that differ only by their seed.

    Args:
        values: the settings that vary, without the seed.
        outcomes: at least one, each with an objective.
    """

    values: Mapping[str, str]
    outcomes: Sequence[Outcome]

    @property
    def objectives(self) -> list[float]:
        return [float(outcome.objective or 0.0) for outcome in self.outcomes]

    @property
    def mean(self) -> float:
        return math.fsum(self.objectives) / len(self.outcomes)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean, from its own seeds. None for a single trial."""
        return mean_interval(self.objectives)[1] if len(self.outcomes) > 1 else None

    @property
    def label(self) -> str:
        """The settings as on a command line."""
        return " ".join(f"{name}={value}" for name, value in self.values.items())


@dataclass(frozen=True)
class Corrected:
    """The figure of the winner without the luck of the choice.

    Args:
        bias: by how much the choice makes the mean look better, on average.
        mean: the mean without the bias.
        low, high: 95 % limits that hold although the configuration was chosen.
    """

    bias: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Choice:
    """All configurations of a study, the best mean first.

    Args:
        tied: for each configuration, whether it cannot be told from the best one. None if no
            configuration has two seeds, because then the noise of the seed is not known.
        corrected: the figure of the best one. None without a choice or without the noise.
    """

    configurations: Sequence[Configuration]
    tied: Sequence[bool] | None
    corrected: Corrected | None

    @property
    def best(self) -> Configuration:
        return self.configurations[0]


def choose(outcomes: Sequence[Outcome], direction: Direction) -> Choice | None:
    """The choice among finished trials; None if none of them has an objective."""
    ranked = configurations(outcomes, direction)
    if not ranked:
        return None
    samples = [configuration.objectives for configuration in ranked]
    degrees = sum(len(sample) - 1 for sample in samples)
    if degrees == 0:
        return Choice(ranked, None, None)
    squares = sum(math.fsum((x - np.mean(sample)) ** 2 for x in sample) for sample in samples)
    noise = _Noise(math.sqrt(squares / degrees), degrees)
    means = np.array([configuration.mean for configuration in ranked])
    sizes = np.array([len(sample) for sample in samples])
    tied = _tied(means, sizes, noise)
    corrected = _corrected(means, sizes, noise, direction) if len(samples) > 1 else None
    return Choice(ranked, tied, corrected)


@dataclass(frozen=True)
class _Noise:
    """The standard deviation of a seed's objective, and its degrees of freedom."""

    deviation: float
    degrees: int


def configurations(outcomes: Sequence[Outcome], direction: Direction) -> list[Configuration]:
    """The configurations with a finished trial that has an objective, the best mean first."""
    groups: dict[Hashable, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status is Status.FINISHED and outcome.objective is not None:
            key = tuple(_without_seed(outcome.trial.values).items())
            groups.setdefault(key, []).append(outcome)
    return sorted(
        (Configuration(_without_seed(group[0].trial.values), group) for group in groups.values()),
        key=lambda configuration: configuration.mean,
        reverse=direction is Direction.max,
    )


def _without_seed(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name != SEED}


def _tied(means: NDArray[np.float64], sizes: NDArray[np.int64], noise: _Noise) -> list[bool]:
    """Compares each mean with the best one by Tukey and Kramer's test (1956).

    The test holds for all pairs at once, so it also holds for the pairs of the chosen one.
    """
    if len(means) == 1:
        return [True]
    quantile = _studentized_range(len(means), noise.degrees)
    errors = noise.deviation * np.sqrt((1 / sizes + 1 / sizes[0]) / 2)
    tied: list[bool] = (np.abs(means - means[0]) <= quantile * errors).tolist()
    return tied


@cache
def _studentized_range(means: int, degrees: int) -> float:
    """The 95 % quantile of the range of `means` means. It takes a tenth of a second."""
    from scipy.stats import studentized_range  # takes half a second to import

    return float(studentized_range.ppf(CONFIDENCE, means, degrees))


def _corrected(
    means: NDArray[np.float64], sizes: NDArray[np.int64], noise: _Noise, direction: Direction
) -> Corrected:
    """Corrects the best mean for the choice.

    The bias is that of a parametric bootstrap (Efron and Tibshirani 1993, chapter 10). It draws the
    means around true ones, chooses the best draw, and compares it with its true mean. The true
    means are the observed ones, shrunk towards their average so that their spread is free of noise
    (Efron and Morris 1975). The limits hold for all means at once (Šidák 1967), and therefore for
    the chosen one.
    """
    from scipy.special import stdtrit

    sign = 1 if direction is Direction.max else -1
    errors = noise.deviation / np.sqrt(sizes)
    spread = float(np.var(means, ddof=1))
    share = max(0.0, 1 - float(np.mean(errors**2)) / spread) if spread > 0 else 0.0
    true = np.mean(means) + math.sqrt(share) * (means - np.mean(means))
    draws = true + errors * np.random.default_rng(0).normal(size=(_DRAWS, len(means)))
    chosen = np.argmax(sign * draws, axis=1)
    flattery = float(np.mean(sign * (draws[np.arange(_DRAWS), chosen] - true[chosen])))
    bias = sign * max(0.0, flattery)  # of a choice that noise does not touch, 0 but for the draws
    level = CONFIDENCE ** (1 / len(means))
    margin = float(stdtrit(noise.degrees, (1 + level) / 2)) * float(errors[0])
    best = float(means[0])
    return Corrected(bias, best - bias, best - margin, best + margin)
