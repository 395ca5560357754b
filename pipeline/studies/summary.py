"""What a sweep found: the best trial, each configuration over its seeds, and a table of all trials."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.training import Direction
from pipeline.evaluation.over_seeds import mean_interval
from pipeline.files import replacing
from pipeline.studies.grid import Grid
from pipeline.studies.sweep_journal import FINISHED, Standing

_COLUMNS = ("seconds", "run_id", "fingerprint", "reason")


@dataclass(frozen=True)
class Group:
    """Trials that differ by their seed alone: mean of the objective, and its 95 % interval where there are two or more."""

    label: str
    trials: int
    mean: float
    interval: tuple[float, float] | None


def groups(grid: Grid, standings: Sequence[Standing], direction: Direction) -> list[Group]:
    """The configurations that finished at least one trial, the best mean first."""
    objectives: dict[str, list[float]] = {}
    for standing in standings:
        if standing.status == FINISHED and standing.objective is not None:
            objectives.setdefault(grid.trials[standing.number].group, []).append(standing.objective)
    found = [_group(label, values) for label, values in objectives.items()]
    return sorted(found, key=lambda group: group.mean, reverse=direction is Direction.max)


def _group(label: str, values: list[float]) -> Group:
    if len(values) < 2:
        return Group(label, len(values), values[0], None)
    mean, interval = mean_interval(values)
    return Group(label, len(values), mean, interval)


def best(standings: Sequence[Standing], direction: Direction) -> Standing | None:
    """The finished trial with the best objective, the first of equals; None where none finished."""
    finished = [
        standing
        for standing in standings
        if standing.status == FINISHED and standing.objective is not None
    ]
    sign = -1 if direction is Direction.max else 1
    return min(finished, key=lambda standing: sign * (standing.objective or 0.0), default=None)


def write(grid: Grid, standings: Sequence[Standing], path: Path) -> None:
    """Writes one row a trial: its swept settings, and what became of it, with every metric that any of them has."""
    swept = list(grid.trials[0].choices)
    metrics = list(dict.fromkeys(name for standing in standings for name in standing.metrics))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trial", *swept, "status", "objective", *metrics, *_COLUMNS])
        for standing in standings:
            choices = grid.trials[standing.number].choices
            measured = [standing.metrics.get(name) for name in metrics]
            facts = [
                f"{standing.seconds:.3f}",
                standing.run_id,
                standing.fingerprint,
                standing.reason,
            ]
            settings = [choices[key] for key in swept]
            writer.writerow(
                [standing.number, *settings, standing.status, standing.objective, *measured, *facts]
            )
