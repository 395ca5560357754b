"""The choice among the configurations of a study.

A configuration is a trial, or several that differ only by their seeds and splits. The best one has
the best mean. Two doubts remain: other configurations may be as good, and the figure of a
winner is too good, because luck helped to choose it.

**Over seeds of one split**, the methods take the seeds as independent and normal, with one variance
for all configurations. It is pooled over them (the analysis of variance).

**Over splits**, the choice uses only the splits that every configuration has finished. The value of
a configuration on a split is its mean over the seeds there. Some splits are harder than others for
all configurations. So the mean of each split is removed before the noise is pooled (randomised
blocks, Fisher 1935). Splits share rows, so the variance of the mean of J splits is (1 / J + ratio)
times that noise (Nadeau and Bengio 2003, as in `evaluation.series`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.config.metrics import Direction
from pipeline.config.variations import REPETITIONS, SPLIT
from pipeline.evaluation.intervals import CONFIDENCE
from pipeline.evaluation.over_seeds import mean_interval
from pipeline.evaluation.series import corrected_interval
from pipeline.studies.outcome import Outcome, Status

_DRAWS = 10_000
_Floats = NDArray[np.float64]
_Split = tuple[str, ...]
_Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Configuration:
    """Finished trials that differ only by their seeds and splits.

    Args:
        values: the settings that vary, without seeds and splits.
        by_split: on each split, at least one outcome with an objective.
        ratio: the validation rows of a split, divided by its training rows.
    """

    values: Mapping[str, str]
    by_split: Sequence[Sequence[Outcome]]
    ratio: float | None = None

    @property
    def outcomes(self) -> list[Outcome]:
        return [outcome for outcomes in self.by_split for outcome in outcomes]

    @property
    def samples(self) -> list[float]:
        """The mean of each split; on a single split, the objective of each seed."""
        by_split = [_objectives(outcomes) for outcomes in self.by_split]
        return by_split[0] if len(by_split) == 1 else [_mean(values) for values in by_split]

    @property
    def mean(self) -> float:
        return _mean(self.samples)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean, from its own samples. None for a single trial."""
        if len(self.samples) == 1:
            return None
        if len(self.by_split) == 1:
            return mean_interval(self.samples)[1]
        assert self.ratio is not None
        return corrected_interval(self.samples, self.ratio)

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
        tied: for each configuration, whether it may be as good as the best one. None if no
            configuration has two seeds or splits, because then the noise is not known.
        corrected: the figure of the best one. None without a choice or without the noise.
        left_out: the number of splits on which a configuration has not finished.
        failed: the number of configurations with a failed trial. They are not ranked, because a
            mean over only the seeds that worked would be too good.
    """

    configurations: Sequence[Configuration]
    tied: Sequence[bool] | None
    corrected: Corrected | None
    left_out: int = 0
    failed: int = 0

    @property
    def best(self) -> Configuration:
        return self.configurations[0]


def choose(
    outcomes: Sequence[Outcome], direction: Direction, *, ratio: float | None = None
) -> Choice | None:
    """The choice among finished trials.

    Args:
        ratio: the validation rows of a split, divided by its training rows. It is needed if there
            are several splits.

    Returns:
        None if no trial has an objective, or if no split is common to all configurations without a
        failed trial.
    """
    ranked = configurations(outcomes, direction, ratio=ratio)
    if not ranked:
        return None
    used = len(ranked[0].by_split)
    whole = _without_failures(outcomes)
    left_out = len({_split(outcome) for outcome in measured_of(whole)}) - used
    doubts = (left_out, len(_failed(outcomes)))
    samples = [configuration.samples for configuration in ranked]
    if all(len(sample) == 1 for sample in samples):
        return Choice(ranked, None, None, *doubts)
    if len(samples) == 1:
        return Choice(ranked, [True], None, *doubts)
    if used > 1:
        assert ratio is not None
        noise = _noise_of_splits(np.array(samples), ratio)
    else:
        noise = _noise_of_seeds(samples)
    means = np.array([configuration.mean for configuration in ranked])
    return Choice(ranked, _tied(means, noise), _corrected(means, noise, direction), *doubts)


def configurations(
    outcomes: Sequence[Outcome], direction: Direction, *, ratio: float | None = None
) -> list[Configuration]:
    """The configurations with a finished trial that has an objective, the best mean first.

    Those with a failed trial are left out. The others hold the splits that all of them have.
    Without such a split, the result is empty.
    """
    groups: dict[_Key, dict[_Split, list[Outcome]]] = {}
    measured = measured_of(_without_failures(outcomes))
    for outcome in measured:
        groups.setdefault(_key(outcome), {}).setdefault(_split(outcome), []).append(outcome)
    shared = [
        split
        for split in dict.fromkeys(map(_split, measured))
        if all(split in splits for splits in groups.values())
    ]
    if not shared:
        return []
    ranked = [
        Configuration(dict(settings), [splits[split] for split in shared], ratio)
        for settings, splits in groups.items()
    ]
    return sorted(
        ranked,
        key=lambda configuration: configuration.mean,
        reverse=direction is Direction.max,
    )


def measured_of(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The finished trials that have an objective."""
    return [
        outcome
        for outcome in outcomes
        if outcome.status is Status.FINISHED and outcome.objective is not None
    ]


def settings_of(outcome: Outcome) -> dict[str, str]:
    """The settings of a trial that vary, without seeds and splits."""
    values = outcome.trial.values
    return {name: value for name, value in values.items() if name not in REPETITIONS}


def _key(outcome: Outcome) -> _Key:
    return tuple(settings_of(outcome).items())


def _failed(outcomes: Sequence[Outcome]) -> set[_Key]:
    """The configurations with a failed trial."""
    return {_key(outcome) for outcome in outcomes if outcome.status is Status.FAILED}


def _without_failures(outcomes: Sequence[Outcome]) -> list[Outcome]:
    failed = _failed(outcomes)
    return [outcome for outcome in outcomes if _key(outcome) not in failed]


def _split(outcome: Outcome) -> _Split:
    return tuple(outcome.trial.values.get(name, "") for name in SPLIT)


def _objectives(outcomes: Sequence[Outcome]) -> list[float]:
    return [float(outcome.objective or 0.0) for outcome in outcomes]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


@dataclass(frozen=True)
class _Noise:
    """The noise of the means of two or more configurations, the best one first.

    Args:
        errors: the standard error of each mean in comparisons, float64 of shape (configurations,).
        degrees: the degrees of freedom of `errors`.
        of_best: the standard error of the best mean as an estimate of its expectation. Over splits
            it is larger, because it holds what a split does to all configurations.
        degrees_of_best: the degrees of freedom of `of_best`.
    """

    errors: _Floats
    degrees: float
    of_best: float
    degrees_of_best: float


def _noise_of_seeds(samples: Sequence[Sequence[float]]) -> _Noise:
    """Pools the variance of the seeds.

    Args:
        samples: the objectives of each configuration. One of them has two or more.
    """
    degrees = sum(len(sample) - 1 for sample in samples)
    squares = sum(math.fsum((x - np.mean(sample)) ** 2 for x in sample) for sample in samples)
    sizes = np.array([len(sample) for sample in samples])
    errors = math.sqrt(squares / degrees) / np.sqrt(sizes)
    return _Noise(errors, degrees, float(errors[0]), degrees)


def _noise_of_splits(values: _Floats, ratio: float) -> _Noise:
    """Analyses randomised blocks. The noise is what the means of rows and columns leave over.

    The variance of a single value has two parts, the noise and the variance between splits. Its
    degrees of freedom are those of Satterthwaite (1946).

    Args:
        values: of shape (configurations, splits), both two or more.
    """
    count, splits = values.shape
    of_splits = values.mean(axis=0)
    rest = values - of_splits - values.mean(axis=1, keepdims=True) + values.mean()
    degrees = (count - 1) * (splits - 1)
    noise = float(np.sum(rest**2)) / degrees
    parts = np.array([float(np.var(of_splits, ddof=1)), noise * (count - 1) / count])
    total = float(np.sum(parts))
    squares = float(np.sum(parts**2 / np.array([splits - 1, degrees])))
    factor = 1 / splits + ratio
    return _Noise(
        errors=np.full(count, math.sqrt(factor * noise)),
        degrees=degrees,
        of_best=math.sqrt(factor * total),
        degrees_of_best=total**2 / squares if squares > 0 else splits - 1,
    )


def _tied(means: _Floats, noise: _Noise) -> list[bool]:
    """Compares each mean with the best one by Tukey and Kramer's test (1956).

    The test holds for all pairs at once, so it also holds for the pairs of the chosen one.
    """
    quantile = _studentized_range(len(means), noise.degrees)
    errors = np.sqrt((noise.errors**2 + noise.errors[0] ** 2) / 2)
    tied: list[bool] = (np.abs(means - means[0]) <= quantile * errors).tolist()
    return tied


@cache
def _studentized_range(means: int, degrees: float) -> float:
    """The 95 % quantile of the range of `means` means. This takes a tenth of a second."""
    from scipy.stats import studentized_range  # takes half a second to import

    return float(studentized_range.ppf(CONFIDENCE, means, degrees))


def _corrected(means: _Floats, noise: _Noise, direction: Direction) -> Corrected:
    """Corrects the best mean for the choice.

    The bias is that of a parametric bootstrap (Efron and Tibshirani 1993, chapter 10). It draws the
    means around true ones, chooses the best draw, and compares it with its true mean. The true
    means are the observed ones, shrunk towards their average so that their spread is free of noise
    (Efron and Morris 1975). The limits hold for all means at once (Šidák 1967), and therefore for
    the chosen one.
    """
    from scipy.special import stdtrit

    sign = 1 if direction is Direction.max else -1
    errors = noise.errors
    spread = float(np.var(means, ddof=1))
    share = max(0.0, 1 - float(np.mean(errors**2)) / spread) if spread > 0 else 0.0
    true = np.mean(means) + math.sqrt(share) * (means - np.mean(means))
    draws = true + errors * np.random.default_rng(0).normal(size=(_DRAWS, len(means)))
    chosen = np.argmax(sign * draws, axis=1)
    flattery = float(np.mean(sign * (draws[np.arange(_DRAWS), chosen] - true[chosen])))
    bias = sign * max(0.0, flattery)  # a value below 0 is noise of the draws
    level = CONFIDENCE ** (1 / len(means))
    margin = float(stdtrit(noise.degrees_of_best, (1 + level) / 2)) * noise.of_best
    best = float(means[0])
    return Corrected(bias, best - bias, best - margin, best + margin)
