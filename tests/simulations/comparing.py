"""How often `pipeline.compare` names a winner, by simulation.

    python -m tests.simulations.comparing                      the tables of docs/statistics.md
    python -m tests.simulations.comparing --repetitions 200    only roughly

**False winners**: both names are equally good, and a winner is false. At most 5 % may be.
**Power**: one name is better, and the share shows how often that is found. `wrong` counts winners
that are truly worse.

rows: two models see the same signal in noise of their own, so their expected metrics are equal.
seeds: the values of the trainings come from distributions with equal means.
splits: least squares on one table, as in `tests.simulations.choice`; each model lacks a feature of
    the same weight.
until decided: one seed of both after another. It looks after each seed, and stops at a winner.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, stdtrit

from pipeline import metrics
from pipeline.comparing import rows, seeds, sequence, splits
from pipeline.comparing.holm import LEVEL, adjusted
from pipeline.models.scores import ClassScores, NumberScores, Scores
from tests.simulations.choice import TRAINED, VALIDATED, errors_on_splits

_Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], tuple[_Floats, _Floats]]
BUDGET = 20


@dataclass(frozen=True)
class Winners:
    """Shares of the repetitions.

    Args:
        first: in which the first name wins.
        second: in which the second wins.
    """

    first: float
    second: float

    @property
    def any(self) -> float:
        return self.first + self.second


def _winners(results: Iterable[tuple[float, bool]]) -> Winners:
    """Args: the difference of each repetition, and whether it is decided."""
    signs = np.array([np.sign(difference) * decided for difference, decided in results])
    return Winners(float(np.mean(signs > 0)), float(np.mean(signs < 0)))


# The rows of a test split.


def classifiers(random: np.random.Generator, count: int, worse: float) -> tuple[Scores, Scores]:
    """Two classifiers of three classes. Of what they see, half of the noise is their own.

    Args:
        worse: more noise of the second, as a share.
    """
    truth = random.integers(3, size=count)
    signal = 2.0 * np.eye(3)[truth] + random.normal(size=(count, 3)) * np.sqrt(0.5)

    def seen(scale: float) -> ClassScores:
        own = random.normal(size=(count, 3)) * np.sqrt(0.5) * scale
        return ClassScores(truth, log_softmax(2 * (signal + own), axis=1), ("a", "b", "c"))

    return seen(1.0), seen(1 + worse)


def regressors(random: np.random.Generator, count: int, worse: float) -> tuple[Scores, Scores]:
    """Two predictions of a quantity. Half of their error is common, and its tails are heavy."""
    known, common = random.normal(size=count), 0.5 * random.standard_t(5, size=count)

    def predicted(scale: float) -> NumberScores:
        own = 0.5 * random.standard_t(5, size=count) * scale
        return NumberScores(known + common, known + own)

    return predicted(1.0), predicted(1 + worse)


MODELS: Mapping[str, Callable[[np.random.Generator, int, float], tuple[Scores, Scores]]] = {
    "accuracy": classifiers,
    "log_loss": classifiers,
    "roc_auc": classifiers,
    "macro_f1": classifiers,
    "r2": regressors,
    "mae": regressors,
}


def over_rows(
    metric: str, count: int, *, repetitions: int, worse: float = 0.0, seed: int = 0
) -> Winners:
    """How often one of two models wins on new test rows each time."""
    random, named = np.random.default_rng(seed), {metric: metrics.named(metric, key="metric")}
    sign = 1 if named[metric].larger_is_better else -1

    def repeat() -> tuple[float, bool]:
        one, other = MODELS[metric](random, count, worse)
        test = rows.compare_rows(named, one, {"other": other})["other"][metric]
        value = test.difference.value or 0.0
        return sign * value, test.p is not None and test.p < LEVEL

    return _winners(repeat() for _ in range(repetitions))


# The seeds of a training.


def _accuracy(count: int, spread: float) -> Draw:
    """The share of `count` rows of a model. Its true accuracy varies around 0.9."""

    def draw(random: np.random.Generator, size: int) -> tuple[_Floats, _Floats]:
        def one() -> _Floats:
            true = np.clip(0.9 + spread * random.normal(size=size), 0, 1)
            return random.binomial(count, true) / count

        return one(), one()

    return draw


def _each(draw: Callable[[np.random.Generator, int], _Floats]) -> Draw:
    return lambda random, size: (draw(random, size), draw(random, size))


def _skewed(random: np.random.Generator, size: int) -> _Floats:
    return random.exponential(size=size) - 1


def _normal(random: np.random.Generator, size: int) -> _Floats:
    return random.normal(size=size)


def _failing(random: np.random.Generator, size: int) -> _Floats:
    """Every tenth training fails, by three standard deviations."""
    return random.normal(size=size) - 3 * (random.random(size) < 0.1) + 0.3


def _collapsing(random: np.random.Generator, size: int) -> _Floats:
    """Every tenth training fails, by ten standard deviations."""
    return random.normal(size=size) - 10 * (random.random(size) < 0.1) + 1


VALUES: Mapping[str, Draw] = {
    "normal": _each(_normal),
    "normal, one varies five times as much": lambda random, size: (
        _normal(random, size),
        5 * _normal(random, size),
    ),
    "skewed (exponential)": _each(_skewed),
    "skewed against normal": lambda random, size: (_skewed(random, size), _normal(random, size)),
    "heavy tails (t with 3 degrees)": _each(lambda random, size: random.standard_t(3, size)),
    "one fails every tenth time, by 3 sd": lambda random, size: (
        _failing(random, size),
        _normal(random, size),
    ),
    "accuracy on 30 rows": _accuracy(30, 0.01),
    "accuracy on 300 rows": _accuracy(300, 0.01),
    "whole numbers": _each(lambda random, size: np.round(random.normal(size=size))),
    "two values": _each(lambda random, size: random.integers(2, size=size).astype(float)),
}
BEYOND: Mapping[str, Draw] = {  # equal means for which the tests do not hold
    "two values against one": lambda random, size: (
        2.0 * random.integers(2, size=size) - 1,
        np.zeros(size),
    ),
    "one fails every tenth time, by 10 sd": lambda random, size: (
        _collapsing(random, size),
        _normal(random, size),
    ),
}


def over_seeds(
    draw: Draw, first: int, second: int, *, repetitions: int, effect: float = 0.0, seed: int = 0
) -> Winners:
    """How often one of two groups of seeds wins.

    Args:
        effect: is added to the first group.
    """
    random = np.random.default_rng(seed)

    def repeat() -> tuple[float, bool]:
        one, other = draw(random, max(first, second))
        test = seeds.compare_seeds((one[:first] + effect).tolist(), other[:second].tolist())
        return test.difference, test.p < LEVEL

    return _winners(repeat() for _ in range(repetitions))


def over_splits(
    count: int, *, repetitions: int, folds: bool = False, worse: float = 0.0, seed: int = 0
) -> Winners:
    """How often one of two models wins over the splits of a new table.

    Args:
        worse: by how much the squared weight of the feature that the second model lacks is larger.
    """
    random, left_out = np.random.default_rng(seed), np.sqrt([0.25, 0.25 + worse])

    def repeat() -> tuple[float, bool]:
        one, other = errors_on_splits(left_out, count, folds, random)
        test = splits.compare_splits(one, other, ratio=VALIDATED / TRAINED)
        return -test.difference, test.p < LEVEL  # errors are better if they are smaller

    return _winners(repeat() for _ in range(repetitions))


@dataclass(frozen=True)
class Decided(Winners):
    """`seeds` is the median number of seeds of the decided ones."""

    seeds: float


def until_decided(
    draw: Draw, *, repetitions: int, effect: float = 0.0, budget: int = BUDGET, seed: int = 0
) -> Decided:
    """How often one of two experiments wins, if one looks after each seed."""
    random, results, counts = np.random.default_rng(seed), [], []
    for _ in range(repetitions):
        one, other = draw(random, budget)
        one = one + effect
        for count in range(1, budget + 1):
            state = sequence.standing(one[:count].tolist(), other[:count].tolist())
            if state.decides:
                counts.append(count)
                break
        results.append((state.difference, state.decides))
    winners = _winners(results)
    return Decided(winners.first, winners.second, float(np.median(counts)) if counts else np.nan)


def peeking(draw: Draw, *, repetitions: int, budget: int = BUDGET, seed: int = 0) -> Winners:
    """The same with the paired t test after each seed from the fourth, for comparison."""
    random, counts = np.random.default_rng(seed), np.arange(1, budget + 1)
    critical = stdtrit(counts[3:] - 1, 1 - LEVEL / 2)

    def repeat() -> tuple[float, bool]:
        one, other = draw(random, budget)
        means = np.cumsum(one - other) / counts
        squares = np.cumsum((one - other) ** 2) - counts * means**2
        errors = np.sqrt(np.maximum(squares, 0)[3:] / (counts[3:] - 1) / counts[3:])
        winners = np.flatnonzero(np.abs(means[3:]) > critical * errors)
        place = int(winners[0]) + 3 if len(winners) else budget - 1
        return float(means[place]), len(winners) > 0

    return _winners(repeat() for _ in range(repetitions))


def several(names: int, count: int, *, repetitions: int, holm: bool = True, seed: int = 0) -> float:
    """How often any pair of equally good names is decided over their seeds."""
    random = np.random.default_rng(seed)
    false = 0
    for _ in range(repetitions):
        samples = random.normal(size=(names, count)).tolist()
        p_values = [
            seeds.compare_seeds(samples[one], samples[other]).p
            for one in range(names)
            for other in range(one)
        ]
        false += min(adjusted(p_values) if holm else p_values) < LEVEL
    return false / repetitions


def several_on_rows(names: int, count: int, *, repetitions: int, seed: int = 0) -> float:
    """How often any pair of equally good classifiers is decided by accuracy on the same rows."""
    random, named = np.random.default_rng(seed), {"accuracy": metrics.named("accuracy", key="m")}
    false = 0
    for _ in range(repetitions):
        truth = random.integers(3, size=count)
        signal = 2.0 * np.eye(3)[truth] + random.normal(size=(count, 3)) * np.sqrt(0.5)
        scores = [
            ClassScores(truth, log_softmax(signal + random.normal(size=(count, 3)), axis=1), "abc")
            for _ in range(names)
        ]
        p_values = [
            test["accuracy"].p or 1.0
            for place in range(names - 1)
            for test in rows.compare_rows(
                named,
                scores[place],
                dict(enumerate(scores[place + 1 :])),  # type: ignore[arg-type]
            ).values()
        ]
        false += min(adjusted(p_values)) < LEVEL
    return false / repetitions


def main() -> None:
    """Prints all tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    repetitions = parser.parse_args().repetitions
    _false_over_seeds(repetitions)
    _false_over_splits(repetitions)
    _false_until_decided(repetitions)
    _false_of_several(repetitions)
    _false_over_rows(repetitions)
    _power_over_seeds(repetitions)
    _power_over_splits(repetitions)
    _power_until_decided(repetitions)
    _power_over_rows(repetitions)


def _false_over_rows(repetitions: int) -> None:
    counts = (30, 100, 300)
    _print("metric", *(f"{count:,} rows" for count in counts))
    for metric in MODELS:
        shares = [
            over_rows(metric, count, repetitions=repetitions * 2 // 5).any for count in counts
        ]
        _print(f"`{metric}`", *map(_percent, shares), head=False)


def _false_over_seeds(repetitions: int) -> None:
    sizes = ((4, 4), (5, 5), (10, 10), (4, 12))
    _print("values of the seeds", *(f"{one} and {other} seeds" for one, other in sizes))
    for name, draw in (VALUES | BEYOND).items():
        shares = [over_seeds(draw, *size, repetitions=repetitions).any for size in sizes]
        _print(name, *map(_percent, shares), head=False)


def _false_over_splits(repetitions: int) -> None:
    _print("splits", "false winners")
    for count, folds in ((3, False), (5, False), (10, False), (30, False), (5, True)):
        share = over_splits(count, folds=folds, repetitions=repetitions).any
        _print(f"{count} {'folds' if folds else 'splits'}", _percent(share), head=False)


def _false_until_decided(repetitions: int) -> None:
    _print("values of the seeds", "`--until-decided`", "a t test after each seed")
    for name, draw in (VALUES | BEYOND).items():
        shares = [
            until_decided(draw, repetitions=repetitions).any,
            peeking(draw, repetitions=repetitions).any,
        ]
        _print(name, *map(_percent, shares), head=False)


def _false_of_several(repetitions: int) -> None:
    _print("four equal names", "with Holm", "without")
    shares = [several(4, 6, repetitions=repetitions, holm=holm) for holm in (True, False)]
    _print("6 seeds of each", *map(_percent, shares), head=False)
    share = several_on_rows(4, 300, repetitions=repetitions * 2 // 5)
    _print("accuracy on 300 rows", _percent(share), "", head=False)


def _power_over_rows(repetitions: int) -> None:
    counts = (100, 300, 1000)
    _print("metric, noise of the second", *(f"{count:,} rows" for count in counts), "wrong")
    for metric in ("accuracy", "r2"):
        for worse in (0.2, 0.5, 1.0):
            found = [
                over_rows(metric, count, worse=worse, repetitions=repetitions // 4)
                for count in counts
            ]
            shares = [one.first for one in found]
            wrong = max(one.second for one in found)
            _print(f"`{metric}`, + {worse:.0%}", *map(_percent, [*shares, wrong]), head=False)


def _power_over_seeds(repetitions: int) -> None:
    sizes = (4, 5, 10, 20)
    _print("difference", *(f"{size} seeds of each" for size in sizes), "wrong")
    for effect in (0.5, 1.0, 1.5, 2.0, 3.0):
        found = [
            over_seeds(VALUES["normal"], size, size, effect=effect, repetitions=repetitions)
            for size in sizes
        ]
        shares = [one.first for one in found]
        _print(
            f"{effect:g} sd", *map(_percent, [*shares, max(o.second for o in found)]), head=False
        )


def _power_over_splits(repetitions: int) -> None:
    counts = (3, 5, 10, 30)
    _print("difference of the errors", *(f"{count} splits" for count in counts), "wrong")
    for worse in (0.1, 0.2, 0.5):
        found = [over_splits(count, worse=worse, repetitions=repetitions) for count in counts]
        shares = [one.first for one in found]
        _print(f"{worse:g}", *map(_percent, [*shares, max(o.second for o in found)]), head=False)


def _power_until_decided(repetitions: int) -> None:
    _print("difference", "decided within 20 seeds", "median of seeds", "wrong")
    for effect in (0.5, 1.0, 1.5, 2.0, 3.0, 5.0):
        one = until_decided(VALUES["normal"], effect=effect, repetitions=repetitions)
        cells = _percent(one.first), f"{one.seeds:.0f}", _percent(one.second)
        _print(f"{effect:g} sd", *cells, head=False)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def _print(*cells: str, head: bool = True) -> None:
    if head:
        print()
    print(f"| {' | '.join(cells)} |", flush=True)
    if head:
        print(f"|---|{'--:|' * (len(cells) - 1)}", flush=True)


if __name__ == "__main__":
    main()
