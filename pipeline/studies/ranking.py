"""What the record of a study says of its trials: their ranking and their cost."""

from collections.abc import Sequence
from typing import Any

from pipeline.config.labels import short
from pipeline.config.metrics import Direction
from pipeline.studies.choice import Choice
from pipeline.studies.outcome import Outcome, Status, with_status
from pipeline.studies.record import Rank


def facts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The fields of a record with the cost of its trials."""
    return {
        "counts": {
            status.value: len(ended)
            for status in Status
            if (ended := with_status(outcomes, status))
        },
        "seconds": sum(outcome.seconds for outcome in outcomes),
        "ended": max((outcome.timestamp for outcome in outcomes), default=0),
    }


def of_sweep(choice: Choice) -> list[Rank]:
    """The configurations of a sweep."""
    ties = choice.tied or [False for _ in choice.configurations]
    return [
        Rank(
            values=dict(configuration.values),
            trials=len(configuration.outcomes),
            mean=configuration.mean,
            interval=configuration.interval,
            mark="best" if place == 0 else "≈" if tied else "",
        )
        for place, (configuration, tied) in enumerate(zip(choice.configurations, ties, strict=True))
    ]


def of_search(finished: Sequence[Outcome], direction: Direction) -> list[Rank]:
    """The finished trials of a search, each a configuration of its own."""
    measured = [outcome for outcome in finished if outcome.objective is not None]
    measured.sort(
        key=lambda outcome: float(outcome.objective or 0.0), reverse=direction is Direction.max
    )
    return [
        Rank(
            values={name: short(value) for name, value in outcome.trial.values.items()},
            trials=1,
            mean=float(outcome.objective or 0.0),
            mark="best" if place == 0 else "",
        )
        for place, outcome in enumerate(measured)
    ]
