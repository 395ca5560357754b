"""A whole search: its journal, its parent run in MLflow, its table, and what it found."""

import csv
import hashlib
import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from pipeline.config import composition
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.resolved import compose_experiment
from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError
from pipeline.files import replacing, write_json
from pipeline.layout import PREPARED, mlruns
from pipeline.runs import identity as lineage
from pipeline.signals import Interruption
from pipeline.studies import saving
from pipeline.studies import search_journal as journal
from pipeline.studies.explore import Epochs, Proposal, best, epochs, explore, latest
from pipeline.studies.interrupting import resumable
from pipeline.studies.search_board import Board
from pipeline.studies.search_journal import FAILED, FINISHED, PAUSED, Journal, Record
from pipeline.studies.space import LOSS, Hyperband, Objective, Parameter, SearchConfig
from pipeline.tracking import stores
from pipeline.tracking.tracker import Measurement, Tracker

_COLUMNS = ("status", "objective", "epochs", "seconds", "run_id", "overrides", "reason")
_DIGITS = 12  # of a search's id
_NO_EFFECT = ("trials", "save_as")  # on what is proposed


def tune(
    overrides: Sequence[str], config: SearchConfig, interruption: Interruption
) -> dict[str, Any]:
    """Searches, from where the same search was left, and records what it found.

    Args:
        overrides: those of the experiment.
        interruption: the signals of this process.

    Returns:
        `{search_id, run_id, status, best, trials, failed, epochs}`, for JSON.

    Raises:
        PipelineError: what cannot be searched, or a search none of whose trials came to an end.
        Interrupted: a signal was received; the trial that ran has kept its state.
    """
    base = compose_experiment(overrides)
    _require_searchable(base)
    if config.search.save_as is not None:
        saving.require_possible(config.search.save_as, base)
    meta = load_meta(PREPARED / base.data.name)
    objective = config.search.objective.for_task(meta.task)
    _require_one_measure(objective, config.parameters())
    settings = _settings(config, objective)
    search_id = _search_id(settings, lineage.identity(base, meta))
    with (
        resumable(base.name, interruption),
        journal.held(mlruns() / "search" / search_id) as kept,
    ):
        write_json(
            kept.folder / "search.json",
            {"experiment": base.name, "overrides": list(overrides)} | settings,
        )
        store = stores.load(base.tracking.store)
        with store.open_parent("search", base.name, search_id, _params(settings)) as parent:
            board = Board(
                f"{base.name}, search {search_id}",
                config.search.trials,
                objective,
                _searched(config.parameters()),
            )
            _explore(overrides, config, objective, kept, parent, board, search_id, interruption)
            found = best(kept.records, objective)
            _record(parent, kept, found, _searched(config.parameters()))
            if found is None or found.status != FINISHED:
                raise _nothing_found(kept)
            _conclude(parent, overrides, config, objective, kept, found)
    return {
        "search_id": search_id,
        "run_id": parent.run_id,
        "status": "FINISHED",
        "best": {
            "trial": found.number,
            "run_id": found.run_id,
            "objective": found.objective,
            "overrides": found.overrides,
        },
        "trials": len(latest(kept.records)),
        "failed": len(_failed(kept)),
        "epochs": {
            "spent": epochs(kept.records).spent,
            "restarting": epochs(kept.records).restarting,
        },
    }


def _explore(
    overrides: Sequence[str],
    config: SearchConfig,
    objective: Objective,
    kept: Journal,
    parent: Tracker,
    board: Board,
    search_id: str,
    interruption: Interruption,
) -> None:
    from pipeline.models import backend

    backend.load()  # which KerasTuner imports
    from pipeline.studies.oracle import Oracle
    from pipeline.studies.proposals import Trials

    space = config.parameters()
    tags = {"mlflow.parentRunId": parent.run_id, "search_id": search_id}
    trials = Trials(overrides, config.search, space, objective, kept, tags, interruption)
    heard: list[Record] = []

    def run(proposal: Proposal) -> Record:
        board.begin(proposal)
        return trials.run(proposal)

    def hear(record: Record) -> None:
        heard.append(record)
        _log(parent, heard, objective)
        board.hear(record)

    # Trials that ran are part of the search, also where fewer are asked for now.
    search = replace(config.search, trials=max(config.search.trials, len(latest(kept.records))))
    with board:
        explore(Oracle(search, space, objective), kept, run, hear)
    trials.process.close()
    board.summarise()


def _log(parent: Tracker, records: Sequence[Record], objective: Objective) -> None:
    """The objective of the last record, and the best so far, by the number of records."""
    values = {
        "objective": records[-1].objective,
        "best": getattr(best(records, objective), "objective", None),
    }
    known = {name: value for name, value in values.items() if value is not None}
    parent.log_metrics([Measurement(len(records), records[-1].timestamp, known)])


def _require_searchable(config: ExperimentConfig) -> None:
    if not stores.load(config.tracking.store).lasting:
        raise PipelineError(
            "a search keeps its trials in MLflow",
            received=f"tracking={config.tracking.store}",
            expected="Expected: tracking=mlflow",
        )
    if config.force:  # a trial that is promoted would begin anew
        raise PipelineError(
            "a search goes on with its trials",
            received="force=true",
            expected="Expected: force=false",
        )
    if config.checkpoint.pause_at is not None:
        raise PipelineError(
            "a search says itself where its trials pause",
            received=f"checkpoint.pause_at={config.checkpoint.pause_at}",
            expected="Expected: checkpoint.pause_at=null",
        )


def _searched(space: Sequence[Parameter]) -> list[str]:
    """The settings that differ from trial to trial."""
    return [parameter.name for parameter in space if len(parameter.choices) != 1]


def _require_one_measure(objective: Objective, space: Sequence[Parameter]) -> None:
    """A loss is of one kind in all trials, or its values cannot be compared."""
    searched = [name for name in _searched(space) if name in LOSS]
    if searched and str(objective.metric).endswith("/loss"):
        raise PipelineError(
            f"{objective.metric} is not the same in all trials",
            received=f"{', '.join(searched)} in the space",
            expected="Choose another search.objective, or take it from the space",
        )


def _settings(config: SearchConfig, objective: Objective) -> dict[str, Any]:
    """All of a search that its proposals depend on."""
    values = composition.to_values(config)
    search = {key: value for key, value in values["search"].items() if key not in _NO_EFFECT}
    assert objective.direction is not None
    search["objective"] = {"metric": objective.metric, "direction": objective.direction.value}
    return {"search": search, "space": values["space"]}


def _search_id(settings: dict[str, Any], identity: dict[str, Any]) -> str:
    """Searches of one id propose the same trials, which come to the same: it binds settings, data, code and versions."""
    known = identity | {
        "search": settings["search"],
        "space": list(settings["space"].items()),
        "oracle": version("keras-tuner"),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def _params(settings: dict[str, Any]) -> dict[str, str]:
    search = {f"search.{key}": json.dumps(value) for key, value in settings["search"].items()}
    return search | {f"space.{key}": json.dumps(value) for key, value in settings["space"].items()}


def _failed(kept: Journal) -> list[Record]:
    return [record for record in latest(kept.records) if record.status == FAILED]


def _nothing_found(kept: Journal) -> PipelineError:
    reasons = list(dict.fromkeys(record.reason for record in _failed(kept)))
    if paused := sum(record.status == PAUSED for record in latest(kept.records)):
        reasons.append(
            f"{paused} paused, in brackets that the space has too few settings to fill or whose others failed"
        )
    return PipelineError(
        f"none of the {len(latest(kept.records))} trials came to an end",
        received="; ".join(reason.rstrip(".") for reason in reasons),
        expected=f"What they printed is in {kept.folder / 'logs'}",
    )


def _record(parent: Tracker, kept: Journal, found: Record | None, searched: Sequence[str]) -> None:
    """The table of all trials and, as tags, what was found."""
    table = kept.folder / "trials.csv"
    with replacing(table) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trial", *searched, *_COLUMNS])
        for record in latest(kept.records):
            values = [record.values.get(name) for name in searched]
            facts = [record.status, record.objective, record.epochs, record.seconds, record.run_id]
            writer.writerow(
                [record.number, *values, *facts, " ".join(record.overrides), record.reason]
            )
    parent.log_file(table)
    spent = epochs(kept.records)
    tags = {
        "trials": len(latest(kept.records)),
        "trials.failed": len(_failed(kept)),
        "epochs.spent": f"{spent.spent:g}",
        "epochs.restarting": f"{spent.restarting:g}",
    }
    if found is not None:
        tags |= {
            "best.trial": found.number,
            "best.run_id": found.run_id,
            "best.overrides": " ".join(found.overrides),
        }
        tags |= {f"best.{name}": f"{value:.6g}" for name, value in found.metrics.items()}
    for name, value in tags.items():
        parent.set_tag(name, str(value))


def _conclude(
    parent: Tracker,
    overrides: Sequence[str],
    config: SearchConfig,
    objective: Objective,
    kept: Journal,
    found: Record,
) -> None:
    """Says what was found and how to run it, and saves it as an experiment where that was asked for."""
    name = compose_experiment(overrides).name
    if failed := _failed(kept):
        count = f"{len(failed)} of {len(latest(kept.records))}"
        log(f"{name}: {count} trials failed; what they printed is in {kept.folder / 'logs'}")
    if isinstance(config.search, Hyperband):
        log(f"{name}: {_shown(epochs(kept.records))}")
    log(
        f"{name}: the best is trial {found.number}, {objective.metric} {found.objective:.4f}, run {found.run_id}"
    )
    log(f"  {shlex.join(['python', '-m', 'pipeline.train', *found.overrides])}")
    if config.search.save_as is not None and found.objective is not None:
        tuned = saving.Found(
            config=compose_experiment(found.overrides),
            base=name,
            method=config.search.method.value,
            trials=len(latest(kept.records)),
            objective=objective,
            value=found.objective,
            seconds=found.seconds,
            searched=sum(record.seconds for record in latest(kept.records)),
        )
        file = saving.save(config.search.save_as, tuned)
        parent.log_file(file)
        log(
            f"{name}: written to {file} and listed in params.yaml: dvc repro evaluate@{config.search.save_as}"
        )


def _shown(count: Epochs) -> str:
    return f"{count.spent:,g} epochs were trained; with promoted trials trained anew they would be {count.restarting:,g}"
