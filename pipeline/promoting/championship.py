"""Promotes a run to champion of a registered model, and rolls back.

The alias `champion` moves last, in one step. So the old champion stays after a kill, and the same
command completes the promotion. Each champion has the list of its predecessors as a tag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.errors import PipelineError
from pipeline.promoting import card, decision, entrant
from pipeline.promoting.entrant import Entrant
from pipeline.tracking.registered_models import RegisteredModel, Version

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True)
class Standing:
    """A version after a promotion or a rollback.

    Args:
        version: the one that was promoted, or that is champion again.
        other: the champion that it was compared with, or that was rolled back; None without one.
        is_champion: whether `version` is the champion now.
    """

    version: Version
    other: Version | None
    is_champion: bool


def promote(model: RegisteredModel, candidate: Entrant, *, force: bool) -> Standing:
    """Registers a run once, and makes it champion if it wins.

    Raises:
        PipelineError: it is not comparable with the champion, or its model was not logged.
    """
    champion = _champion(model)
    if champion is not None and champion.run_id == candidate.run.run_id:
        model.set_tags(champion, card.facts(candidate))
        _remove_challenger(model, champion.number)
        _describe(model, champion.number)
        return Standing(_version(model, champion.number), None, is_champion=True)
    opponent = None if champion is None else entrant.of_run(champion.run_id)
    decided = decision.decide(candidate, opponent, force=force)
    entrant.log_model(candidate)
    number = model.register(
        candidate.run.run_id, card.facts(candidate) | card.of_decision(decided, champion)
    )
    if model.aliased(CHALLENGER) != number:
        model.set_alias(CHALLENGER, number)
    if decided.promotes:
        _crown(model, _version(model, number), champion)
    elif champion is not None:
        model.set_tags(_version(model, number), {card.LOST_TO: str(champion.number)})
        _describe(model, champion.number, number)
    return Standing(_version(model, number), champion, is_champion=decided.promotes)


def _crown(model: RegisteredModel, version: Version, champion: Version | None) -> None:
    before = [] if champion is None else [*_before(champion), champion.number]
    model.set_tags(version, _as_champion(before))
    if champion is not None:
        model.set_tags(champion, {card.LOST_TO: str(version.number)})
        _describe(model, champion.number)
    _describe(model, version.number)
    model.set_alias(CHAMPION, version.number)
    _remove_challenger(model, version.number)


def _remove_challenger(model: RegisteredModel, number: int) -> None:
    if model.aliased(CHALLENGER) == number:
        model.delete_alias(CHALLENGER)


def roll_back(model: RegisteredModel) -> Standing:
    """Gives the alias `champion` back to the previous champion.

    Raises:
        PipelineError: there is none.
    """
    model.require()
    champion = _champion(model)
    if champion is None:
        raise PipelineError("this registered model has no champion", received=model.name)
    numbers = {version.number for version in model.versions()}
    before = [number for number in _before(champion) if number in numbers]
    if not before:
        raise PipelineError(
            f"there is no earlier champion of {model.name}",
            received=f"version {champion.number}, run {champion.run_id}",
            expected="Promote another run",
        )
    *earlier, number = before
    model.set_tags(_version(model, number), _as_champion(earlier))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    model.set_tags(champion, {card.LOST_TO: str(number), card.ROLLED_BACK: now})
    _describe(model, champion.number, number)
    model.set_alias(CHAMPION, number)
    return Standing(_version(model, number), champion, is_champion=True)


def _as_champion(before: Sequence[int]) -> dict[str, str | None]:
    """The tags of a champion. None removes a tag.

    Args:
        before: the earlier champions, the oldest first.
    """
    return {
        card.BEFORE: " ".join(map(str, before)) or None,
        card.LOST_TO: None,
        card.ROLLED_BACK: None,
    }


def _champion(model: RegisteredModel) -> Version | None:
    number = model.aliased(CHAMPION)
    return None if number is None else _version(model, number)


def _version(model: RegisteredModel, number: int) -> Version:
    return next(version for version in model.versions() if version.number == number)


def _before(version: Version) -> list[int]:
    return [int(number) for number in version.tags.get(card.BEFORE, "").split()]


def _describe(model: RegisteredModel, *numbers: int) -> None:
    """Writes the cards of some versions again, from the tags of all."""
    versions = model.versions()
    for version in versions:
        if version.number in numbers and card.VERDICT in version.tags:
            beaten = card.rivals(version, versions)
            model.set_tags(version, {card.RIVALS: "; ".join(beaten) or "none"})
            model.describe(version, card.page(model.name, version, beaten))
