"""Says how often the test rows of a result had been used, and which interval still holds."""

from pipeline.config.metrics import METRICS, module_of
from pipeline.evaluation.adaptive import after_looks
from pipeline.evaluation.looks import FILE, Standing
from pipeline.formatting import interval
from pipeline.metrics import Interval

_WIDEST = 0.5  # a wider interval cannot distinguish a good classifier from a guess


def holding(metric: str, value: float, standing: Standing) -> Interval | None:
    """The 95 % limits that hold even if test results guided the choice; None if none are known."""
    module = module_of(metric)
    if module not in METRICS.names():  # it was deleted since
        return None
    measured = METRICS.load(module, key="metric").METRIC
    return after_looks(measured, value, standing.rows, standing.before)


def in_words(metric: str, value: float, standing: Standing | None) -> str:
    """Says how often the test rows had been used before a result, and which interval holds.

    Args:
        metric: the headline metric.
        value: of that metric.
        standing: None if the ledger does not have the result.
    """
    if standing is None:
        return (
            "not counted: mlruns/looks/ does not have this run. "
            "It was tested elsewhere, or by an earlier version"
        )
    sentences = [_scored(standing)]
    if standing.is_reused:
        sentences.append(f"If test results guided the choice, {_limits(metric, value, standing)}")
    if standing.inspected:
        sentences.append(f"Times that inspect showed one of these rows: {standing.inspected:,}")
    if standing.damaged:
        damaged = f"Damaged lines in mlruns/looks/{FILE}: {standing.damaged:,}"
        sentences.append(f"{damaged}, so there may have been more looks")
    return ". ".join(sentences)


def _scored(standing: Standing) -> str:
    rows = f"these {standing.rows:,} test rows"
    if not standing.is_reused:
        return f"no other model was scored on {rows}"
    before, after = f"{standing.before:,} before this one", f"{standing.after:,} after"
    return f"other models scored on {rows}: {before}, {after}"


def _limits(metric: str, value: float, standing: Standing) -> str:
    limits = holding(metric, value, standing)
    if limits is None:
        return f"no interval of {metric} is known to hold"
    useless = limits[1] - limits[0] > _WIDEST
    verdict = "these rows can no longer decide: " if useless else ""
    return f"{verdict}{metric} is in {interval(*limits)}"
