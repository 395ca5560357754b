"""All experiments in two lines: how many meet their figure, and what it took."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reporting.formatting import dates, duration
from pipeline.reporting.results import Row


@dataclass(frozen=True)
class Overview:
    """`verdict` is `16 of 17 experiments meet their figure`, `effort` the time of training and its days."""

    verdict: str
    effort: str


def overview(rows: Sequence[Row]) -> Overview:
    """Experiments without a claim are not counted; one that is missing does not meet its claims."""
    claimed = [row for row in rows if row.planned.claims]
    met = sum(row.is_met for row in claimed)
    return Overview(f"{met} of {len(claimed)} experiments meet their figure", _effort(rows))


def _effort(rows: Sequence[Row]) -> str:
    results = [row.result for row in rows if row.result]
    if not results:
        return "nothing is trained yet"
    seconds = sum(result.metrics["seconds"] for result in results)
    times = [point.timestamp for result in results for point in result.history]
    return f"{duration(seconds)} of training, {dates(min(times), max(times))} (UTC)"
