"""Decides whether a candidate takes the place of the champion."""

from dataclasses import dataclass
from typing import Literal

from pipeline.comparing import making, parts, text
from pipeline.comparing.comparison import Comparison
from pipeline.errors import PipelineError
from pipeline.formatting import thousands
from pipeline.promoting.entrant import Entrant

Outcome = Literal["first", "better", "smaller", "forced", "not better"]


@dataclass(frozen=True)
class Decision:
    """Whether a candidate becomes champion, and why.

    Args:
        verdict: the reason in one line.
    """

    outcome: Outcome
    verdict: str

    @property
    def promotes(self) -> bool:
        """Whether the candidate becomes champion."""
        return self.outcome != "not better"


def decide(candidate: Entrant, champion: Entrant | None, *, force: bool) -> Decision:
    """Compares a candidate with the champion, as `pipeline.compare` does.

    A candidate wins if it is better beyond the noise. It also wins if it has fewer parameters and
    the champion is not better beyond the noise.

    Args:
        force: makes the candidate the champion, whatever the comparison says.

    Raises:
        PipelineError: they answer different questions, or they are not comparable and `force` is
            not set.
    """
    if champion is None:
        return Decision("first", "the first champion")
    _require_same_answers(candidate, champion)
    try:
        comparison = _comparison(candidate, champion)
    except PipelineError as error:
        if force:
            return Decision("forced", f"forced without a comparison: {error}")
        raise PipelineError(
            error.what,
            received=_both(candidate, champion),
            expected="Test both on the same rows. If the data were changed on purpose, --force "
            "makes it champion without a comparison",
        ) from None
    decision = _judged(comparison, candidate, champion)
    if force and not decision.promotes:
        return Decision("forced", f"forced although: {decision.verdict}")
    return decision


def _require_same_answers(candidate: Entrant, champion: Entrant) -> None:
    """Refuses a model that answers another question than the champion."""
    one, other = (of.tested.predictions.facts for of in (candidate, champion))
    if (one.task, one.targets, one.classes) != (other.task, other.targets, other.classes):
        raise PipelineError(
            "these models answer different questions: their tasks, targets or classes differ",
            received=_both(candidate, champion),
            expected="Give it a registered model of its own, with another --model",
        )


def _both(candidate: Entrant, champion: Entrant) -> str:
    return f"{candidate.contender.title} and the champion {champion.contender.title}"


def _comparison(candidate: Entrant, champion: Entrant) -> Comparison:
    contenders = [candidate.contender, champion.contender]
    result = parts.compare(contenders, metric=None, over=None)
    command = f"python -m pipeline.compare {' '.join(one.name for one in contenders)}"
    return making.comparison_of(contenders, result, command=command)


def _judged(comparison: Comparison, candidate: Entrant, champion: Entrant) -> Decision:
    reason = f"{text.verdict(comparison)} ({_difference(comparison)})"
    if comparison.best == candidate.contender.name:
        return Decision("better", reason)
    if not _is_within_the_noise(comparison, champion):
        return Decision("not better", reason)
    counts = f"{thousands(candidate.parameters)} against {thousands(champion.parameters)}"
    if candidate.parameters < champion.parameters:
        return Decision("smaller", f"{reason}; it is smaller, {counts} parameters")
    return Decision("not better", f"{reason}; it is not smaller, {counts} parameters")


def _difference(comparison: Comparison) -> str:
    """`accuracy +0.0111 [-0.0010, +0.0233]`, of the first part of a comparison."""
    (pair,) = comparison.parts[0].decisive.pairs
    limits = text.signed_interval(pair)
    return f"{comparison.metric} {text.signed(pair.difference)} {limits}"


def _is_within_the_noise(comparison: Comparison, champion: Entrant) -> bool:
    """Whether the noise is known, and the champion is nowhere better beyond it."""
    pairs = [pair for part in comparison.parts for pair in part.decisive.pairs]
    return all(pair.p is not None and pair.better != champion.contender.name for pair in pairs)
