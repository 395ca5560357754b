"""The search: proposals are run one after another and told to the oracle, from where the journal ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pipeline.config.training import Direction
from pipeline.errors import PipelineError
from pipeline.studies.search_journal import FAILED, FINISHED, Journal, Record
from pipeline.studies.space import Objective

OWN = "tuner/"  # begins the names of what KerasTuner's hyperband keeps among the values of a trial


@dataclass(frozen=True)
class Proposal:
    """What to train next.

    `number` counts configurations from 0: one that hyperband promotes comes again, with more `epochs`, which are counted
    from the beginning of its training. `values` are those of the active settings, and the oracle's own.
    """

    number: int
    values: dict[str, Any]
    epochs: int | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The values of the searched settings that are active, by their dotted names."""
        return {name: value for name, value in self.values.items() if not name.startswith(OWN)}


class Proposer(Protocol):
    """Proposes one after another, each after it was told what the one before came to."""

    def propose(self) -> Proposal | None:
        """The next one; None where the search is over."""
        ...

    def tell(self, proposal: Proposal, value: float | None) -> None:
        """Says what the last proposal came to; None for one that failed."""
        ...


Run = Callable[[Proposal], Record]
Heard = Callable[[Record], None]


@dataclass(frozen=True)
class Epochs:
    """Epochs that a search trained, and those that it would have taken to train each promoted trial from its beginning."""

    spent: float
    restarting: float


def explore(oracle: Proposer, journal: Journal, run: Run, heard: Heard) -> None:
    """Runs what an oracle proposes until it has no more, going on after the records of the journal.

    Args:
        run: trains a proposal; what it raises ends the search, and a trial that fails is a record too.
        heard: told of each record, those of the journal first.

    Raises:
        PipelineError: a journal that the oracle cannot have led to.
    """
    for record in journal.records:
        _replay(oracle, record)
        heard(record)
    while (proposal := oracle.propose()) is not None:
        record = _failed_before(journal, proposal) or run(proposal)
        journal.append(record)
        oracle.tell(proposal, record.objective)
        heard(record)


def _failed_before(journal: Journal, proposal: Proposal) -> Record | None:
    """Hyperband promotes trials that failed where too few others are left; they are not tried again."""
    earlier = next(
        (record for record in latest(journal.records) if record.number == proposal.number), None
    )
    return (
        replace(earlier, values=proposal.values)
        if earlier is not None and earlier.status == FAILED
        else None
    )


def _replay(oracle: Proposer, record: Record) -> None:
    """Tells the oracle what is recorded; the recorded values stand, should a library now propose others."""
    proposal = oracle.propose()
    if proposal is None or proposal.number != record.number:
        raise PipelineError(
            "the journal of this search does not fit it",
            received=f"trial {record.number}, where {proposal.number if proposal else 'none'} was due",
            expected="Remove its folder: what is trained is not trained again",
        )
    oracle.tell(replace(proposal, values=record.values), record.objective)


def latest(records: Sequence[Record]) -> list[Record]:
    """The last record of each configuration, by number."""
    found = {record.number: record for record in records}
    return [found[number] for number in sorted(found)]


def best(records: Sequence[Record], objective: Objective) -> Record | None:
    """The record with the best objective of those that finished, else got the furthest, the first of equals.

    None where none came to one.

    Values of different numbers of epochs are not compared: what hyperband left behind is not the best.
    """
    ended = [
        record
        for record in latest(records)
        if record.status != FAILED and record.objective is not None
    ]
    furthest = max((record.epochs for record in ended), default=0.0)
    finished = [record for record in ended if record.status == FINISHED]
    compared = finished or [record for record in ended if record.epochs == furthest]
    sign = -1 if objective.direction is Direction.max else 1
    return min(compared, key=lambda record: sign * (record.objective or 0.0), default=None)


def epochs(records: Sequence[Record]) -> Epochs:
    """The epochs of a search, both ways."""
    furthest: dict[int, float] = {}
    for record in records:
        furthest[record.number] = max(record.epochs, furthest.get(record.number, 0.0))
    return Epochs(sum(furthest.values()), sum(record.epochs for record in records))
