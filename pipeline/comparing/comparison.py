"""A comparison: what was compared, by which tests, and what they decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.comparing.holm import LEVEL, adjusted

ROWS, SEEDS, SPLITS, FOLDS = "rows", "seeds", "splits", "folds"
UNTIL_DECIDED = "seeds, one by one"
OVER = (ROWS, SEEDS, SPLITS, FOLDS)


@dataclass(frozen=True)
class Value:
    """The metric of one name: of a single model, or the mean over several trainings.

    Args:
        low, high: its 95 % limits; None if there are none.
        samples: the values of the trainings, in order; empty for a single model.
    """

    value: float
    low: float | None = None
    high: float | None = None
    samples: Sequence[float] = ()


@dataclass(frozen=True)
class Pair:
    """Two names by one metric.

    Args:
        difference: the first minus the second.
        low, high: its 95 % limits; None if there are none.
        p: two-sided; None without a test.
        adjusted_p: by Holm's method for all pairs of the part.
        better: the better name; empty if it is not decided, or if another metric decides.
        facts: the parts of the test, such as the p-value of McNemar's test.
        remarks: sentences about the test.
        is_bound: whether p is the smallest that the draws can give. The true p may be smaller.
    """

    one: str
    other: str
    difference: float
    low: float | None
    high: float | None
    p: float | None
    adjusted_p: float | None = None
    better: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    is_bound: bool = False


@dataclass(frozen=True)
class Measured:
    """All names by one metric."""

    metric: str
    larger_is_better: bool
    values: Mapping[str, Value]
    pairs: Sequence[Pair]


@dataclass(frozen=True)
class Part:
    """One part of a comparison: does the difference exceed one kind of noise?

    Args:
        over: one of `OVER`, or `UNTIL_DECIDED`.
        about: what was compared, such as `360 test rows`.
        test: the name of the test.
        measured: by metric; the first one decides.
    """

    over: str
    about: str
    test: str
    measured: Sequence[Measured]

    @property
    def decisive(self) -> Measured:
        return self.measured[0]


@dataclass(frozen=True)
class Comparison:
    """Two names or more.

    Args:
        names: as they were typed, completed.
        titles: what each name is, for readers.
        experiments: the names that are experiments.
        parts: one for each kind of noise. A name is better only if all parts agree.
        runs: the ids of the runs behind each name.
        sources: the sha256 of each file that the comparison read, by path.
    """

    names: Sequence[str]
    titles: Mapping[str, str]
    experiments: Sequence[str]
    parts: Sequence[Part]
    remarks: Sequence[str]
    runs: Mapping[str, Sequence[str]]
    sources: Mapping[str, str]
    command: str

    @property
    def metric(self) -> str:
        """The metric that decides."""
        return self.parts[0].decisive.metric

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(pair.one, pair.other) for pair in self.parts[0].decisive.pairs]

    def better(self, one: str, other: str) -> str:
        """The better one of two names; empty if it is not decided."""
        by_part = {
            pair.better
            for part in self.parts
            for pair in part.decisive.pairs
            if (pair.one, pair.other) == (one, other)
        }
        return by_part.pop() if len(by_part) == 1 else ""

    @property
    def best(self) -> str:
        """The name that is better than each of the others; empty if there is none."""
        wins = [self.better(first, other) for first, other in self.pairs]
        return next((name for name in self.names if wins.count(name) == len(self.names) - 1), "")

    @property
    def verdict(self) -> str:
        """`a is better`, `a is better than all others` or `not decided`."""
        if not self.best:
            return "not decided"
        others = " than all others" if len(self.names) > 2 else ""
        return f"{self.titles[self.best]} is better{others}"


def decided(pairs: Sequence[Pair], *, larger_is_better: bool) -> list[Pair]:
    """Adjusts the p-values of all pairs, and names the better one of each decided pair."""
    p_values = adjusted([1.0 if pair.p is None else pair.p for pair in pairs])
    return [
        replace(
            pair,
            adjusted_p=None if pair.p is None else p,
            better=_better(pair, larger_is_better) if p < LEVEL else "",
        )
        for pair, p in zip(pairs, p_values, strict=True)
    ]


def _better(pair: Pair, larger_is_better: bool) -> str:
    return pair.one if (pair.difference > 0) == larger_is_better else pair.other
