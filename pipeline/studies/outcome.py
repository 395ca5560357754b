"""Outcomes: how the trials of a study ended, and which one is the best."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.config.metrics import Direction
from pipeline.studies.trial import Trial


class Status(StrEnum):
    """The state of a trial. A paused trial resumes if its search suggests it again."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


ENDED = (Status.PAUSED, Status.FINISHED, Status.FAILED)


@dataclass(frozen=True)
class Outcome:
    """The result of a trial so far.

    Args:
        objective: the value of the objective. None if the trial has none.
        epochs: the epochs that the run has trained, in all processes.
        seconds: the time that these epochs took.
        timestamp: when the trial ended, in milliseconds since 1970.
        metrics: the metrics of the saved weights.
        reason: why the trial failed.
    """

    trial: Trial
    status: Status = Status.WAITING
    objective: float | None = None
    epochs: float = 0.0
    seconds: float = 0.0
    timestamp: int = 0
    run_id: str = ""
    fingerprint: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    reason: str = ""

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> "Outcome":
        """Turns the result of `dataclasses.asdict` back into an outcome."""
        own = {"trial": Trial(**values["trial"]), "status": Status(values["status"])}
        return cls(**values | own)


@dataclass(frozen=True)
class Epochs:
    """The cost of a study in epochs.

    Args:
        spent: the epochs that it trained.
        restarting: the epochs it would have trained if paused trials restarted instead of resuming.
    """

    spent: float
    restarting: float


def latest(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The last outcome of each trial, by number."""
    by_number = {outcome.trial.number: outcome for outcome in outcomes}
    return [by_number[number] for number in sorted(by_number)]


def with_status(outcomes: Iterable[Outcome], status: Status) -> list[Outcome]:
    """The outcomes that have a status."""
    return [outcome for outcome in outcomes if outcome.status is status]


def best(outcomes: Iterable[Outcome], direction: Direction) -> Outcome | None:
    """The best outcome of a finished trial, the first among equals.

    Returns None if no trial has an objective. If no trial has finished, those that trained for the
    most epochs are compared: values after different numbers of epochs are not comparable.
    """
    measured = [
        outcome
        for outcome in latest(outcomes)
        if outcome.status in (Status.FINISHED, Status.PAUSED) and outcome.objective is not None
    ]
    most_epochs = max((outcome.epochs for outcome in measured), default=0.0)
    candidates = with_status(measured, Status.FINISHED) or [
        outcome for outcome in measured if outcome.epochs == most_epochs
    ]
    sign = -1 if direction is Direction.max else 1
    return min(candidates, key=lambda outcome: sign * (outcome.objective or 0.0), default=None)


def trained_epochs(outcomes: Sequence[Outcome]) -> Epochs:
    """Adds up the epochs of all outcomes, including earlier ones of resumed trials."""
    most: dict[int, float] = {}
    for outcome in outcomes:
        number = outcome.trial.number
        most[number] = max(outcome.epochs, most.get(number, 0.0))
    return Epochs(sum(most.values()), sum(outcome.epochs for outcome in outcomes))
