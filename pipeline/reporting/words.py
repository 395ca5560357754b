"""The result of one experiment in sentences."""

from collections.abc import Sequence

from pipeline.evaluation.opponents import Opponent
from pipeline.reporting.results import Row


def in_sentences(row: Row) -> str:
    """The test result, the baselines, a verdict, and what may make the result misleading.

    Args:
        row: an experiment with a result.
    """
    rows = row.meta.rows["test"] if row.meta else 0
    scores = ", ".join(filter(None, [row.score, *row.beside]))
    measured = [baseline for baseline in row.baselines if baseline.is_measured]
    sentences = [f"{row.experiment}: {scores} on {rows:,} test rows"]
    if measured:
        figures = ", ".join(f"{baseline.title} {baseline.figure}" for baseline in measured)
        sentences += [f"Baselines: {figures}", _verdict(measured)]
    sentences += [f"Warning: {remark}" for remark in (row.meta.remarks if row.meta else [])]
    return ". ".join(filter(None, sentences)) + "."


def _verdict(opponents: Sequence[Opponent]) -> str:
    """Which baselines the network does not surely beat."""
    better = [opponent for opponent in opponents if opponent.verdict == "better"]
    worse = [opponent.title for opponent in opponents if opponent.verdict == "worse"]
    if len(better) == len(opponents):
        return "The network is better than all of them"
    if worse:
        return f"The network is worse than {_listed(worse, 'and')}"
    others = [opponent.title for opponent in opponents if opponent.verdict == "no better"]
    if not others:
        return ""
    return f"The network is not surely better than {_listed(others, 'or')}"


def _listed(titles: Sequence[str], word: str) -> str:
    """One title, or several with a word before the last."""
    *first, last = titles
    return f"{', '.join(first)} {word} {last}" if first else last
