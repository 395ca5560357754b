"""The summary of a study: `trials.csv`, and each configuration over its seeds."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from pipeline.config.metrics import Direction
from pipeline.evaluation.over_seeds import mean_interval
from pipeline.files import replacing
from pipeline.studies.board import add_settings
from pipeline.studies.objective import Objective
from pipeline.studies.outcome import Outcome, Status

_SEED = "seed"
_FACTS = ("epochs", "seconds", "run_id", "fingerprint", "overrides", "reason")


def write(outcomes: Sequence[Outcome], settings: Sequence[str], path: Path) -> None:
    """Writes a row for each trial: settings, objective, metrics and run."""
    metrics = list(dict.fromkeys(name for outcome in outcomes for name in outcome.metrics))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trial", *settings, "status", "objective", *metrics, *_FACTS])
        for outcome in outcomes:
            trial = outcome.trial
            values = [trial.values.get(name) for name in settings]
            measured = [outcome.metrics.get(name) for name in metrics]
            row = [trial.number, *values, outcome.status, outcome.objective, *measured]
            writer.writerow([*row, *_facts(outcome)])


def _facts(outcome: Outcome) -> tuple[str, ...]:
    overrides = " ".join(outcome.trial.overrides)
    epochs, seconds = f"{outcome.epochs:g}", f"{outcome.seconds:.3f}"
    return epochs, seconds, outcome.run_id, outcome.fingerprint, overrides, outcome.reason


@dataclass(frozen=True)
class Configuration:
    """Finished trials that differ only by their seed.

    Args:
        values: the settings that vary, without the seed.
        mean: the mean of the objective.
        interval: the 95 % interval of the mean. None for a single trial.
    """

    values: dict[str, str]
    trials: int
    mean: float
    interval: tuple[float, float] | None


def configurations(outcomes: Sequence[Outcome], direction: Direction) -> list[Configuration]:
    """The configurations with at least one finished trial, the best mean first."""
    objectives: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for outcome in outcomes:
        if outcome.status is Status.FINISHED and outcome.objective is not None:
            values = tuple(item for item in outcome.trial.values.items() if item[0] != _SEED)
            objectives.setdefault(values, []).append(outcome.objective)
    return sorted(
        (_configuration(dict(values), measured) for values, measured in objectives.items()),
        key=lambda configuration: configuration.mean,
        reverse=direction is Direction.max,
    )


def _configuration(values: dict[str, str], objectives: list[float]) -> Configuration:
    if len(objectives) < 2:
        return Configuration(values, len(objectives), objectives[0], None)
    mean, interval = mean_interval(objectives)
    return Configuration(values, len(objectives), mean, interval)


def configuration_table(title: str, outcomes: Sequence[Outcome], objective: Objective) -> Table:
    """Makes a table with a row for each configuration, the best first."""
    table = Table(title=title, title_justify="left", caption_justify="left")
    names = [name for name in outcomes[0].trial.values if name != _SEED]
    add_settings(table, names)
    for heading in ("trials", f"mean of\n{objective.metric}", "95 % interval"):
        table.add_column(heading, justify="right")
    for one in configurations(outcomes, objective.direction):
        interval = "" if one.interval is None else "[{:.4f}, {:.4f}]".format(*one.interval)
        values = [one.values[name] for name in names]
        table.add_row(*values, str(one.trials), f"{one.mean:.4f}", interval)
    return table
