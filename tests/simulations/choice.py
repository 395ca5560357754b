"""Chooses the best of several configurations many times, and compares with the truth.

    python -m tests.simulations.choice --repetitions 2000

**Seeds**: the seeds of a configuration are normal with a standard deviation of 1. The true means
are equal, or evenly spaced over a spread.

**Splits**: a table of 200 rows has one normal feature for each configuration. Configuration i fits
least squares to all features but the i-th, on 64 % of the rows, and its objective is the mean
squared error on 16 % of them. All configurations see the same splits. The expected error on new
rows is known, because features and noise are normal. The left out coefficients are equal, or such
that the expected errors are evenly spaced over a spread, but for a factor.

For each case it prints

- how often the truth of the chosen one lies outside its own 95 % interval,
- how often it lies outside the corrected interval,
- how much the mean of the chosen one flatters it, and how much the corrected mean does,
- how often a configuration that is truly the best counts as worse than the chosen one. With a
  spread of 0, all configurations are truly the best.

For splits, the last figure is also printed for a test that takes splits as independent.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config.metrics import Direction
from pipeline.config.variations import SEED, SPLIT
from pipeline.studies.choice import Choice, choose
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.trial import Trial

OVER_SEEDS = [
    (configurations, seeds, spread)
    for configurations in (2, 5, 20)
    for seeds in (3, 5)
    for spread in (0.0, 2.0, 6.0)
]
OVER_SPLITS = [
    (configurations, splits, spread)
    for configurations in (2, 5, 20)
    for splits in (3, 5, 10)
    for spread in (0.0, 0.5)
]
_ROWS = 200
TRAINED, VALIDATED = 128, 32
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """Shares of the repetitions, and means over them. A positive bias is too good."""

    naive_misses: float
    corrected_misses: float
    naive_bias: float
    corrected_bias: float
    best_excluded: float


@dataclass(frozen=True)
class ErrorsOverSplits(Errors):
    """`independent_excluded` is `best_excluded` of a test that takes splits as independent."""

    independent_excluded: float


def over_seeds(
    configurations: int, seeds: int, spread: float, *, repetitions: int, seed: int = 0
) -> Errors:
    """Repeats one case over seeds of one split."""
    random = np.random.default_rng(seed)
    truth = np.linspace(-spread / 2, spread / 2, configurations)
    rows = []
    for _ in range(repetitions):
        values = truth[:, None] + random.normal(size=(configurations, seeds))
        choice = choose(_outcomes(values, SEED), Direction.max)
        assert choice is not None
        rows.append([*_errors(truth, choice, sign=1), _excludes(truth, choice, sign=1)])
    return Errors(*np.mean(rows, axis=0).tolist())


def over_splits(
    configurations: int,
    splits: int,
    spread: float,
    *,
    folds: bool = False,
    repetitions: int,
    seed: int = 0,
) -> ErrorsOverSplits:
    """Repeats one case over splits of one table, or over all of its folds."""
    random = np.random.default_rng(seed)
    left_out = np.sqrt(0.25 + np.linspace(0, spread, configurations))
    truth = _expected_errors(left_out)
    rows = []
    for _ in range(repetitions):
        outcomes = _outcomes(errors_on_splits(left_out, splits, folds, random), SPLIT[0])
        choice = choose(outcomes, Direction.min, ratio=VALIDATED / TRAINED)
        independent = choose(outcomes, Direction.min, ratio=0.0)
        assert choice is not None
        assert independent is not None
        excluded = [_excludes(truth, one, sign=-1) for one in (choice, independent)]
        rows.append([*_errors(truth, choice, sign=-1), *excluded])
    return ErrorsOverSplits(*np.mean(rows, axis=0).tolist())


def _expected_errors(weights: _Floats) -> _Floats:
    """The expected squared error of least squares on new rows, without one feature each.

    A feature that is left out is noise. With k normal features and n training rows, the expected
    error is 1 + k / (n - k - 1) times the variance of the noise.
    """
    features = len(weights) - 1
    return (1 + weights**2) * (1 + features / (TRAINED - features - 1))


def errors_on_splits(
    weights: _Floats, splits: int, folds: bool, random: np.random.Generator
) -> _Floats:
    """The errors on the validation rows of splits of one new table.

    Returns:
        float64 of shape (configurations, splits).
    """
    x = random.normal(size=(_ROWS, len(weights)))
    y = x @ weights + random.normal(size=_ROWS)
    order, columns = random.permutation(_ROWS), []
    for number in range(splits):
        rest = random.permutation(_ROWS)
        if folds:
            rest = rest[~np.isin(rest, np.array_split(order, splits)[number])]
        train, validation = rest[:TRAINED], rest[TRAINED : TRAINED + VALIDATED]
        columns.append(
            [_error(np.delete(x, out, 1), y, train, validation) for out in range(len(weights))]
        )
    return np.array(columns).T


def _error(
    x: _Floats, y: _Floats, train: NDArray[np.int64], validation: NDArray[np.int64]
) -> float:
    weights = np.linalg.lstsq(x[train], y[train], rcond=None)[0]
    return float(np.mean((x[validation] @ weights - y[validation]) ** 2))


def _errors(truth: _Floats, choice: Choice, *, sign: int) -> Iterator[float]:
    """The misses of both intervals, and both biases. `sign` is 1 if larger is better, else -1."""
    best, corrected = choice.best, choice.corrected
    assert corrected is not None
    assert best.interval is not None
    true = truth[int(best.values["number"])]
    low, high = best.interval
    yield not low <= true <= high
    yield not corrected.low <= true <= corrected.high
    yield sign * (best.mean - true)
    yield sign * (corrected.mean - true)


def _excludes(truth: _Floats, choice: Choice, *, sign: int) -> bool:
    """Whether a configuration that is truly the best counts as worse than the chosen one."""
    assert choice.tied is not None
    order = [int(one.values["number"]) for one in choice.configurations]
    truly_best = set(np.flatnonzero(sign * truth == (sign * truth).max()).tolist())
    return any(
        not tied for number, tied in zip(order, choice.tied, strict=True) if number in truly_best
    )


def _outcomes(objectives: _Floats, repetition: str) -> list[Outcome]:
    return [
        Outcome(
            Trial(0, {"number": str(number), repetition: str(place)}, []),
            Status.FINISHED,
            float(value),
        )
        for number, row in enumerate(objectives)
        for place, value in enumerate(row)
    ]


def main() -> None:
    """Prints a row for each case, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    repetitions = parser.parse_args().repetitions
    _print_head("seeds")
    for case in OVER_SEEDS:
        _print(case, over_seeds(*case, repetitions=repetitions), digits=2)
    print()
    _print_head("splits", "excluded by a test for independent splits")
    for case in OVER_SPLITS:
        one = over_splits(*case, repetitions=repetitions)
        _print(case, one, f"{one.independent_excluded:.1%}", digits=3)
    print()
    _print_head("folds", "excluded by a test for independent folds")
    for configurations, spread in ((5, 0.0), (5, 0.5)):
        one = over_splits(configurations, 5, spread, folds=True, repetitions=repetitions)
        _print((configurations, 5, spread), one, f"{one.independent_excluded:.1%}", digits=3)


def _print_head(repeated: str, *more: str) -> None:
    names = [
        *("configurations", repeated, "spread of the truth", "own interval misses"),
        *("corrected one misses", "mean too good by", "corrected mean by"),
        *("truly best excluded", *more),
    ]
    print(f"| {' | '.join(names)} |")
    print(f"|{'--:|' * len(names)}")


def _print(case: tuple[int, int, float], one: Errors, *more: str, digits: int) -> None:
    configurations, count, spread = case
    cells = [
        *(f"{configurations}", f"{count}", f"{spread:g}"),
        *(f"{one.naive_misses:.1%}", f"{one.corrected_misses:.1%}"),
        *(f"{one.naive_bias:.{digits}f}", f"{one.corrected_bias:.{digits}f}"),
        *(f"{one.best_excluded:.1%}", *more),
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
