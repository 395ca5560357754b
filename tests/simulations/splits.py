"""Simulates how often the intervals over splits and folds hold the expected result.

    python -m tests.simulations.splits [--samples 1500]

Each sample is a table of normal features and a target with normal noise. Least squares is trained
on 64 % of its rows and tested on 20 %, on several splits of the sample. The interval of the mean
should hold the result that is expected on new rows of the same kind, for this number of training
rows. The table is in docs/splits.md.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.over_seeds import mean_interval
from pipeline.evaluation.series import corrected_interval

Interval = Callable[[list[float], float], tuple[float, float]]
_EXPECTATIONS = 4_000  # samples that estimate the expected result


@dataclass(frozen=True)
class Case:
    """A kind of sample, and the series on it.

    Args:
        count: the number of splits or folds.
        metric: `r2` or `mse`.
    """

    rows: int
    features: int
    count: int
    metric: str
    folds: bool = False

    def __str__(self) -> str:
        what = "folds" if self.folds else "splits"
        return f"{self.rows} rows, {self.features} features, {self.count} {what}, {self.metric}"

    @property
    def tested(self) -> int:
        return self.rows // self.count if self.folds else -(-self.rows // 5)

    @property
    def trained(self) -> int:
        rest = self.rows - self.tested
        return rest - -(-rest // 5)  # the others are for validation

    @property
    def ratio(self) -> float:
        return self.tested / self.trained


def series(case: Case, random: np.random.Generator, count: int) -> list[float]:
    """The results of the first splits or folds of one sample."""
    x = np.column_stack([np.ones(case.rows), random.normal(size=(case.rows, case.features))])
    truth = np.full(case.features + 1, case.features**-0.5)
    y = x @ truth + random.normal(size=case.rows)
    order, results = random.permutation(case.rows), []
    for number in range(count):
        if not case.folds:
            order = random.permutation(case.rows)
        start = number * case.tested if case.folds else 0
        test = order[start : start + case.tested]
        others = random.permutation(np.setdiff1d(order, test))
        train = others[: case.trained]
        weights = np.linalg.lstsq(x[train], y[train], rcond=None)[0]
        error = float(((x[test] @ weights - y[test]) ** 2).mean())
        results.append(error if case.metric == "mse" else 1 - error / float(y[test].var()))
    return results


def coverage(
    case: Case, intervals: dict[str, Interval], *, samples: int, seed: int = 0
) -> dict[str, float]:
    """How often each interval holds the expected result."""
    random = np.random.default_rng(seed)
    expected = np.mean([series(case, random, 1)[0] for _ in range(_EXPECTATIONS)])
    held = dict.fromkeys(intervals, 0)
    for _ in range(samples):
        results = series(case, random, case.count)
        for name, interval in intervals.items():
            low, high = interval(results, case.ratio)
            held[name] += bool(low <= expected <= high)
    return {name: count / samples for name, count in held.items()}


INTERVALS: dict[str, Interval] = {
    "Student's t": lambda results, _ratio: mean_interval(results)[1],
    "corrected": corrected_interval,
}
CASES = (
    Case(442, 10, 12, "r2"),
    Case(442, 10, 12, "mse"),
    Case(442, 10, 5, "r2"),
    Case(442, 10, 30, "r2"),
    Case(100, 5, 12, "mse"),
    Case(442, 10, 5, "r2", folds=True),
    Case(442, 10, 10, "r2", folds=True),
    Case(100, 5, 5, "mse", folds=True),
)


def main(arguments: list[str]) -> int:
    """Prints the coverage of each case."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulations.splits", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--samples", type=int, default=1_500, help="of each case (1,500)")
    samples = parser.parse_args(arguments).samples
    for case in CASES:
        shares = coverage(case, INTERVALS, samples=samples)
        print(f"{case}: {', '.join(f'{name} {share:.1%}' for name, share in shares.items())}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
