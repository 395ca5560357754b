"""How often the 95 % intervals of metrics cover the true value, by simulation.

    python -m tests.simulations.coverage                          the table of docs/statistics.md
    python -m tests.simulations.coverage --samples 200 --rows 30 --problem "two classes"

Each problem draws samples of rows with a truth and the prediction of a fixed model. The true value
of a metric is that of a million rows. A cell shows the coverage in percent and the mean width of
the intervals. Some samples have too few rows of a class for an interval. They do not count, and the
cell shows the share of the others in brackets.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from scipy.special import log_softmax

from pipeline import metrics
from pipeline.evaluation.intervals import Estimate, against, estimates
from pipeline.metrics import Metric
from pipeline.models.scores import ClassScores, NumberScores, Scores

ROWS = (30, 100, 300)
_MANY = 1_000_000
_CLASSES = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")


@dataclass(frozen=True)
class Problem:
    """A distribution of rows, with the predictions of two models.

    Args:
        draw: the scores of both models for a number of rows.
        names: the metrics.
        compared: the metrics for which the difference of the models is simulated as well.
    """

    draw: Callable[[np.random.Generator, int], tuple[Scores, Scores]]
    names: Sequence[str]
    compared: Sequence[str]

    @property
    def metrics(self) -> dict[str, Metric]:
        return {name: metrics.named(name, key="coverage") for name in self.names}


def classes(*shares: float, signal: float, confidence: float = 1.0) -> Problem:
    """Classes with these shares. Models see one-hot signals in normal noise.

    Args:
        signal: the height of the signal, in standard deviations of the noise.
        confidence: 1 for calibrated probabilities; larger for logits that are too large.
    """
    names = _CLASSES[: len(shares)]
    prior = np.log(shares)

    def draw(random: np.random.Generator, rows: int) -> tuple[Scores, Scores]:
        truth = random.choice(len(shares), size=rows, p=shares)
        seen = random.normal(size=(rows, len(shares))) + signal * np.eye(len(shares))[truth]
        worse = seen + 0.5 * random.normal(size=seen.shape)
        return _scores(truth, seen), _scores(truth, worse)

    def _scores(truth: Any, seen: Any) -> ClassScores:
        logits = confidence * (signal * seen + prior)
        return ClassScores(truth, log_softmax(logits, axis=1), names)

    measured = [name for name in metrics.usual("classification", names) if "/" not in name]
    rarest = names[int(np.argmin(shares))]
    single = ("recall", "precision", "f1", "roc_auc", "average_precision")
    names_of_rarest = [f"{name}/{rarest}" for name in single]
    compared = ("accuracy", "log_loss", "balanced_accuracy", "mcc", "roc_auc")
    return Problem(draw, [*measured, *names_of_rarest], compared)


def numbers(
    target: Callable[[np.random.Generator, int], Any],
    noise: Callable[[np.random.Generator, int], Any],
    *,
    size: float,
    grows: bool = False,
) -> Problem:
    """A quantity. The first model predicts all of it but the noise, the second only 0.9 of that.

    Args:
        size: of the noise.
        grows: whether the noise grows with the target.
    """

    def draw(random: np.random.Generator, rows: int) -> tuple[Scores, Scores]:
        known = target(random, rows)
        scale = size * (0.5 + np.abs(known)) if grows else size
        truth = 10 + known + scale * noise(random, rows)
        return NumberScores(truth, 10 + known), NumberScores(truth, 10 + 0.9 * known)

    names = [*metrics.usual("regression", ()), "pinball/0.9"]
    return Problem(draw, names, ("r2", "mae", "rmse"))


def _normal(random: np.random.Generator, rows: int) -> Any:
    return random.normal(size=rows)


def _heavy(random: np.random.Generator, rows: int) -> Any:
    return random.standard_t(5, size=rows)


def _skewed(random: np.random.Generator, rows: int) -> Any:
    return random.exponential(size=rows) - 1


PROBLEMS: Mapping[str, Problem] = {
    "two classes": classes(0.5, 0.5, signal=1.0),
    "two classes, few errors": classes(0.5, 0.5, signal=2.5),
    "two classes, 10 % positive": classes(0.9, 0.1, signal=1.5),
    "two classes, too confident": classes(0.6, 0.4, signal=1.0, confidence=3.0),
    "three classes": classes(0.5, 0.3, 0.2, signal=1.5),
    "three classes, few errors": classes(0.4, 0.3, 0.3, signal=3.0),
    "ten classes": classes(*[0.1] * 10, signal=2.0),
    "a number, normal errors": numbers(_normal, _normal, size=0.5),
    "a number, large errors": numbers(_normal, _normal, size=2.0),
    "a number, heavy tails": numbers(_normal, _heavy, size=0.5),
    "a number, growing errors": numbers(_normal, _normal, size=0.5, grows=True),
    "a number, skewed target": numbers(_skewed, _normal, size=0.5),
}


@dataclass
class Count:
    """The intervals of one metric, or of one difference."""

    samples: int = 0
    intervals: int = 0
    covering: int = 0
    width: float = 0.0

    def add(self, estimate: Estimate, truth: float) -> None:
        self.samples += 1
        if estimate.interval is not None:
            low, high = estimate.interval
            self.intervals += 1
            self.covering += low <= truth <= high
            self.width += high - low

    @property
    def coverage(self) -> float:
        """The share of the intervals that cover the truth."""
        return self.covering / self.intervals

    def __str__(self) -> str:
        if self.intervals < 0.2 * self.samples:
            return "-"
        share = self.intervals / self.samples
        some = "" if share == 1 else f" ({100 * share:.0f} %)"
        return f"{100 * self.coverage:.1f} / {self.width / self.intervals:.3g}{some}"


def simulate(
    problem: Problem, *, rows: int, samples: int, seed: int, many: int = _MANY
) -> dict[str, Count]:
    """Counts by metric; those of differences begin with `Δ `.

    Args:
        many: the rows that the true values come from.
    """
    random = np.random.default_rng(seed)
    named = problem.metrics
    true = [
        {name: metric.value(scores) for name, metric in named.items()}
        for scores in problem.draw(random, many)
    ]
    counts = {name: Count() for name in [*named, *(f"Δ {name}" for name in problem.compared)]}
    for sample in range(samples):
        scores, other = problem.draw(random, rows)
        for name, estimate in estimates(named, scores, seed=sample).items():
            counts[name].add(estimate, true[0][name])
        compared = {name: named[name] for name in problem.compared}
        pairs = against(compared, scores, {"other": other}, seed=sample)["other"]
        for name, pair in pairs.items():
            counts[f"Δ {name}"].add(pair.difference, true[0][name] - true[1][name])
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--problem", choices=PROBLEMS, nargs="+", default=list(PROBLEMS))
    options = parser.parse_args()
    console = Console(width=200, soft_wrap=True)
    for name in options.problem:
        counts = [
            simulate(PROBLEMS[name], rows=rows, samples=options.samples, seed=options.seed)
            for rows in options.rows
        ]
        console.print(f"\n{name}\n")
        console.print(row("metric", *(f"{rows} rows" for rows in options.rows)))
        console.print(row("---", *("--:" for _ in options.rows)))
        for metric in counts[0]:
            console.print(row(metric, *(str(count[metric]) for count in counts)))


def row(*cells: str) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
