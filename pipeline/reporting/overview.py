"""The head of the report: met claims, the time of training, and looks at the test rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.formatting import dates, duration
from pipeline.reporting.results import Row


@dataclass(frozen=True)
class Overview:
    """The head of the report.

    Args:
        verdict: such as `16 of 17 experiments meet their claims`.
        effort: the time of training and its days.
        looks: how many results reuse test rows; empty if none does.
    """

    verdict: str
    effort: str
    looks: str


def overview(rows: Sequence[Row]) -> Overview:
    """The head of a report of these experiments."""
    return Overview(_verdict(rows), _effort(rows), _looks(rows))


def _verdict(rows: Sequence[Row]) -> str:
    """Counts experiments with a claim; one without a result does not meet it."""
    claimed = [row for row in rows if row.planned.claims]
    if claimed:
        met = sum(row.is_met for row in claimed)
        noun, verb, possessive = _words(len(claimed))
        return f"{met} of {len(claimed)} {noun} {verb} {possessive} claims"
    if len(rows) == 1:
        return " · ".join(filter(None, ["1 experiment", rows[0].score, *rows[0].beside]))
    return f"{len(rows)} experiments"


def _words(count: int) -> tuple[str, str, str]:
    return ("experiment", "meets", "its") if count == 1 else ("experiments", "meet", "their")


def _effort(rows: Sequence[Row]) -> str:
    results = [row.result for row in rows if row.result]
    if not results:
        return "nothing is trained yet"
    seconds = sum(result.metrics["seconds"] for result in results)
    times = [point.timestamp for result in results for point in result.history]
    return f"{duration(seconds)} of training, {dates(min(times), max(times))} (UTC)"


def _looks(rows: Sequence[Row]) -> str:
    standings = [row.result.standing for row in rows if row.result and row.result.standing]
    before = [standing.before for standing in standings if standing.before]
    if not before:
        return ""
    return (
        f"Results on reused test rows: {len(before)} of {len(standings)}. "
        f"Other models scored on the same rows before: up to {max(before):,}"
    )
