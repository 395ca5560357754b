"""How often intervals hold after looks at the test rows: python -m tests.simulations.looks

Two analysts choose one model by its test accuracy.

adversary: the labels are fair coins, so every model has a true accuracy of 0.5. It looks at random
    models, turns each to the side on which it scored above 0.5, and lets them vote. This is the
    boosting attack of Blum and Hardt (2015, https://arxiv.org/abs/1502.04585).
honest: it looks at models that do not depend on the test rows, and chooses the best. Each has a
    true accuracy of 0.8.

The program compares three intervals of the chosen model: the ordinary one; the one that Bonferroni
divides among all models; and the one of `pipeline.evaluation.adaptive`.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.evaluation.adaptive import share_after_looks
from pipeline.evaluation.intervals import CONFIDENCE


@dataclass(frozen=True)
class Choice:
    """The chosen model.

    Args:
        hits: the rows that it classifies correctly.
        true: its true accuracy.
        looks: the number of models that were scored before it.
    """

    hits: int
    true: float
    looks: int


Analyst = Callable[[np.random.Generator, int, int], Choice]


def adversary(random: np.random.Generator, rows: int, looks: int) -> Choice:
    """Votes with random models, each turned to the side on which it scored above 0.5."""
    bits = random.integers(256, size=(looks, rows // 8 + 1), dtype=np.uint8)
    hit = np.unpackbits(bits, axis=1, count=rows)  # whether a model is right on a row
    turned = hit ^ (hit.sum(axis=1) < rows / 2)[:, np.newaxis]
    votes = turned.sum(axis=0, dtype=np.int64) - looks / 2
    tied = random.integers(2, size=rows, dtype=np.int64)
    return Choice(int(np.sum(np.where(votes == 0, tied, votes > 0))), 0.5, looks)


def honest(random: np.random.Generator, rows: int, looks: int) -> Choice:
    """Chooses the best of independent models, the first among equals."""
    true = 0.8
    hits = random.binomial(rows, true, size=looks + 1)
    best = int(np.argmax(hits))
    return Choice(int(hits[best]), true, best)


ANALYSTS: dict[str, Analyst] = {"adversary": adversary, "honest": honest}


@dataclass(frozen=True)
class Coverage:
    """Shares of repetitions in which the true accuracy is in an interval.

    Args:
        excess: the mean of the accuracy shown minus the true one.
        width: the mean width of the interval after looks.
    """

    excess: float
    ordinary: float
    bonferroni: float
    after_looks: float
    width: float


def simulate(analyst: Analyst, *, rows: int, looks: int, repetitions: int, seed: int) -> Coverage:
    """Repeats an analysis with new test rows each time."""
    random = np.random.default_rng(seed)
    choices = [analyst(random, rows, looks) for _ in range(repetitions)]
    limits = [share_after_looks(choice.hits, rows, choice.looks) for choice in choices]
    return Coverage(
        excess=float(np.mean([choice.hits / rows - choice.true for choice in choices])),
        ordinary=_coverage(choices, [_wilson(choice, rows, 1) for choice in choices]),
        bonferroni=_coverage(choices, [_wilson(choice, rows, looks + 1) for choice in choices]),
        after_looks=_coverage(choices, limits),
        width=float(np.mean([high - low for low, high in limits])),
    )


def _wilson(choice: Choice, rows: int, models: int) -> tuple[float, float]:
    confidence = 1 - (1 - CONFIDENCE) / models
    limits = stats.binomtest(choice.hits, rows).proportion_ci(confidence, method="wilson")
    return limits.low, limits.high


def _coverage(choices: Sequence[Choice], limits: Sequence[tuple[float, float]]) -> float:
    pairs = zip(choices, limits, strict=True)
    return float(np.mean([low <= choice.true <= high for choice, (low, high) in pairs]))


def main() -> None:
    """Prints one row of the table in docs/statistics.md for each analyst."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--looks", type=int, nargs="+", default=[12, 100, 1000])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("| analyst | rows | looks | shown - true | ordinary | Bonferroni | ours | its width |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for looks in options.looks:
        for name, analyst in ANALYSTS.items():
            result = simulate(
                analyst,
                rows=options.rows,
                looks=looks,
                repetitions=options.repetitions,
                seed=options.seed,
            )
            shares = (result.ordinary, result.bonferroni, result.after_looks)
            cells = " | ".join(f"{share:.1%}" for share in shares)
            print(
                f"| {name} | {options.rows:,} | {looks:,} | {result.excess:+.4f} | {cells} "
                f"| {result.width:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
