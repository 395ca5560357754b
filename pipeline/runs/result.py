"""The result of a run on disk: model, history, snapshots and the record that binds them.

It is written into the folder of the run. A copy in `outputs/` serves later stages.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError
from pipeline.files import (
    digests_below,
    read_json,
    replacing,
    replacing_folder,
    require_files,
    write_json,
)
from pipeline.own import copies
from pipeline.runs import history, model_card, record
from pipeline.runs.history import Point
from pipeline.runs.model_card import ModelCard
from pipeline.runs.record import RunRecord

MODEL = "model.keras"
HISTORY = "history.csv"
SNAPSHOTS = "snapshots"
INDEX = f"{SNAPSHOTS}/index.json"
MADE_BY = "the command that trained it"


@dataclass(frozen=True)
class Result:
    """A finished or paused run.

    Args:
        metrics: those of the saved weights.
        cpus: the kinds of CPU that trained it, in order.
    """

    run_id: str
    run_key: str
    fingerprint: str
    metrics: dict[str, float]
    history: list[Point]
    cpus: list[str]
    paused: bool = False


def snapshot_file(folder: Path, step: int) -> Path:
    """The path of the model of a step."""
    return folder / SNAPSHOTS / f"step_{step:06d}.keras"


def write(
    folder: Path,
    *,
    model: Any,
    card: ModelCard,
    points: Sequence[Point],
    origin: Mapping[str, Any],
    snapshots: Mapping[int, Path],
    code: Mapping[str, bytes] | None = None,
) -> None:
    """Writes the whole folder or nothing.

    Args:
        card: of the model.
        origin: the fields of the `RunRecord` except `files`.
        snapshots: the files of the models of other steps.
        code: the user's own code that the models need, by path.
    """
    with replacing_folder(folder) as temporary:
        save_model(model, temporary / MODEL, card)
        (temporary / model_card.FILE).write_text(card.text(), encoding="utf-8")
        history.write(points, temporary / HISTORY)
        write_json(temporary / INDEX, {"final": card.step, "steps": list(snapshots)})
        for snapshot_step, file in snapshots.items():
            shutil.copyfile(file, snapshot_file(temporary, snapshot_step))
        copies.write(code or {}, temporary)
        RunRecord(**origin, files=digests_below(temporary)).write(temporary)


def read(folder: Path) -> Result:
    """Reads what `write` wrote, and checks every file.

    Raises:
        PipelineError: a file is missing, damaged, or of another run.
    """
    run = record.read(folder, made_by=MADE_BY)
    require_files(folder, run.files, made_by=MADE_BY)
    step = saved_step(folder)
    points = history.read(folder / HISTORY)
    metrics = next(point.metrics for point in points if point.step == step)
    return Result(run.run_id, run.run_key, run.fingerprint, metrics, points, run.cpus)


def saved_step(folder: Path) -> int:
    """The step of the model's weights."""
    return int(read_json(folder / INDEX, made_by=MADE_BY)["final"])


def current(output: Path, *, settings: str, data: Path) -> RunRecord:
    """The record of the result that `publish` copied, if all of it fits the experiment.

    Args:
        output: the folder of the experiment in `outputs/`.
        settings: the digest of the experiment's settings.
        data: the folder of the prepared data.

    Raises:
        PipelineError: a file is missing or damaged, or is of another run, or the run has other
            settings or data.
    """
    made_by = f"dvc repro train@{output.name}"
    run = record.read(output, made_by=made_by)
    identity = load_meta(data).identity
    run.require_current(output, settings=settings, data=identity, made_by=made_by)
    require_files(output, run.files, made_by=made_by)
    return run


def of_run(folder: Path, run_id: str) -> RunRecord:
    """The record of a finished run, from the folder that `write` wrote.

    Raises:
        PipelineError: the files are missing, damaged, or of another run.
    """
    if not (folder / record.FILE).is_file():
        raise PipelineError(
            "the files of this run are not in this project, or it has not finished",
            received=run_id,
            expected="Train it to its end with the same command",
        )
    run = record.read(folder, made_by=MADE_BY)
    if run.run_id != run_id:
        raise PipelineError(
            "a later run of the same settings has replaced the files of this run",
            received=run_id,
            expected=f"Evaluate the later one with: run={run.run_id}",
        )
    require_files(folder, run.files, made_by=MADE_BY)
    return run


def publish(folder: Path, output: Path) -> None:
    """Copies a result to `output`. Later stages read it there.

    The record comes last. So after a kill, the old record does not fit the new files.
    """
    run = record.read(folder, made_by=MADE_BY)
    for name in [*run.files, record.FILE]:
        with replacing(output / name) as temporary:
            shutil.copyfile(folder / name, temporary)


def save_model(model: Any, path: Path, card: ModelCard) -> None:
    """Writes one Keras file with its card, whole or not at all."""
    with replacing(path) as temporary:
        model.save(temporary)
        card.add_to(temporary)
