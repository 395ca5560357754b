"""Chooses the best of several configurations many times, and compares with the truth.

    python -m tests.simulations.choice --repetitions 2000

The seeds of a configuration are normal with a standard deviation of 1. The true means are equal, or
evenly spaced over a spread. For each case it prints

- how often the truth of the chosen one lies outside its own 95 % interval by Student's t,
- how often it lies outside the corrected interval,
- how much the mean of the chosen one flatters it, and how much the corrected mean does,
- how often the configuration that is truly the best counts as worse than the chosen one.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.config.metrics import Direction
from pipeline.studies.choice import choose
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.trial import Trial

CASES = [
    (configurations, seeds, spread)
    for configurations in (2, 5, 20)
    for seeds in (3, 5)
    for spread in (0.0, 2.0, 6.0)
]


@dataclass(frozen=True)
class Errors:
    """Shares of the repetitions, and means over them."""

    naive_misses: float
    corrected_misses: float
    naive_bias: float
    corrected_bias: float
    best_excluded: float


def simulate(
    configurations: int, seeds: int, spread: float, *, repetitions: int, seed: int = 0
) -> Errors:
    """Repeats one case."""
    random = np.random.default_rng(seed)
    truth = np.linspace(-spread / 2, spread / 2, configurations)
    rows = [
        list(_repetition(truth, truth[:, None] + random.normal(size=(configurations, seeds))))
        for _ in range(repetitions)
    ]
    return Errors(*np.mean(rows, axis=0).tolist())


def _repetition(truth: np.ndarray, objectives: np.ndarray) -> Iterator[float]:
    choice = choose(_outcomes(objectives), Direction.max)
    assert choice is not None
    assert choice.corrected is not None
    assert choice.tied is not None
    best, corrected = choice.best, choice.corrected
    assert best.interval is not None
    true = truth[int(best.values["number"])]
    low, high = best.interval
    yield not low <= true <= high
    yield not corrected.low <= true <= corrected.high
    yield best.mean - true
    yield corrected.mean - true
    order = [int(one.values["number"]) for one in choice.configurations]
    truly_best = set(np.flatnonzero(truth == truth.max()).tolist())
    yield not any(
        tied for number, tied in zip(order, choice.tied, strict=True) if number in truly_best
    )


def _outcomes(objectives: np.ndarray) -> list[Outcome]:
    return [
        Outcome(
            Trial(0, {"number": str(number), "seed": str(seed)}, []), Status.FINISHED, float(value)
        )
        for number, row in enumerate(objectives)
        for seed, value in enumerate(row)
    ]


def main() -> None:
    """Prints a row for each case, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    repetitions = parser.parse_args().repetitions
    print(
        "| configurations | seeds | spread of the truth | interval misses | corrected misses "
        "| mean flatters by | corrected by | truly best excluded |"
    )
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    for configurations, seeds, spread in CASES:
        one = simulate(configurations, seeds, spread, repetitions=repetitions)
        print(
            f"| {configurations} | {seeds} | {spread:g} | {one.naive_misses:.1%} "
            f"| {one.corrected_misses:.1%} | {one.naive_bias:.2f} | {one.corrected_bias:.2f} "
            f"| {one.best_excluded:.1%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
