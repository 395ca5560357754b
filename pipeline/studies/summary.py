"""The summary of a study: `trials.csv`, and each configuration over its seeds and splits."""

import csv
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from pipeline.files import replacing
from pipeline.fitted_table import FittedTable
from pipeline.studies.board import add_settings
from pipeline.studies.choice import Choice
from pipeline.studies.objective import Objective
from pipeline.studies.outcome import Outcome

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


def configuration_table(title: str, choice: Choice, objective: Objective) -> Table:
    """Makes a table with a row for each configuration, the best first.

    `≈` marks those that may be as good as the best one.
    """
    table = FittedTable(title=title, title_justify="left", caption_justify="left", drop=("trials",))
    names = list(choice.best.values)
    add_settings(table, names)
    for heading in ("trials", f"mean of\n{objective.metric}", "95 % interval", "best"):
        table.add_column(heading, justify="right")
    ties = choice.tied or [False for _ in choice.configurations]
    for place, (configuration, tied) in enumerate(zip(choice.configurations, ties, strict=True)):
        interval = (
            ""
            if configuration.interval is None
            else "[{:.4f}, {:.4f}]".format(*configuration.interval)
        )
        values = [configuration.values[name] for name in names]
        mark = "best" if place == 0 else "≈" if tied else ""
        table.add_row(
            *values, str(len(configuration.outcomes)), f"{configuration.mean:.4f}", interval, mark
        )
    table.caption = "\n".join(doubts(choice, objective))
    return table


def doubts(choice: Choice, objective: Objective) -> list[str]:
    """Says in words how sure the choice is: a line for each doubt."""
    lines = []
    if choice.failed:
        one = choice.failed == 1
        are, of = ("configuration is", "it") if one else ("configurations are", "each of them")
        lines.append(f"{choice.failed} {are} left out, because a trial of {of} has failed")
    count = len(choice.configurations)
    if count == 1:
        return lines
    if choice.left_out:
        are = "split is" if choice.left_out == 1 else "splits are"
        lines.append(
            f"{choice.left_out} {are} left out, because a configuration has not finished there"
        )
    if choice.tied is None:
        return [
            *lines,
            "Each configuration ran with one seed, so the noise of the seed is not known. "
            "Add for example seed=1,2,3 to the command",
        ]
    if others := sum(choice.tied) - 1:
        are = "configuration" if others == 1 else "configurations"
        splits = len(choice.best.by_split)
        test = f"Tukey's test over {splits} splits" if splits > 1 else "Tukey and Kramer's test"
        lines.append(f"≈: {others} {are} may be as good as the best ({test}, 95 %)")
    if choice.corrected is not None:
        corrected = choice.corrected
        lines.append(
            f"The choice among {count} flatters the best by {abs(corrected.bias):.4f} on average: "
            f"{objective.metric} is rather {corrected.mean:.4f} "
            f"[{corrected.low:.4f}, {corrected.high:.4f}]"
        )
    return lines
