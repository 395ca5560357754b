"""The result of a run on disk: model, history, snapshots and ids.

It is written into the folder of the run. A copy in `outputs/` serves later stages.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.files import read_json, replacing, replacing_folder, write_json
from pipeline.runs import history
from pipeline.runs.history import Point

SNAPSHOTS = "snapshots"
MADE_BY = "the same command and force=true"


@dataclass(frozen=True)
class Result:
    """A finished or paused run; `metrics` are those of the saved weights."""

    run_id: str
    run_key: str
    fingerprint: str
    metrics: dict[str, float]
    history: list[Point]
    paused: bool = False


def snapshot_file(folder: Path, step: int) -> Path:
    """The path of the model of a step."""
    return folder / SNAPSHOTS / f"step_{step:06d}.keras"


def write(
    folder: Path,
    *,
    model: Any,
    step: int,
    points: Sequence[Point],
    ids: Mapping[str, str],
    snapshots: Mapping[int, Path],
) -> None:
    """Writes the whole folder or nothing.

    Args:
        step: the step of the model's weights.
        ids: `run_id`, `run_key` and `fingerprint`.
        snapshots: the files of the models of other steps.
    """
    with replacing_folder(folder) as temporary:
        save_model(model, temporary / "model.keras")
        history.write(points, temporary / "history.csv")
        index = {"final": step, "steps": list(snapshots)}
        write_json(temporary / SNAPSHOTS / "index.json", index)
        for snapshot_step, file in snapshots.items():
            shutil.copyfile(file, snapshot_file(temporary, snapshot_step))
        write_json(temporary / "run.json", dict(ids))


def read(folder: Path) -> Result:
    """Reads what `write` wrote.

    Raises:
        PipelineError: a file is missing or damaged.
    """
    ids = read_json(folder / "run.json", made_by=MADE_BY)
    step = read_json(folder / SNAPSHOTS / "index.json", made_by=MADE_BY)["final"]
    points = history.read(folder / "history.csv")
    metrics = next(point.metrics for point in points if point.step == step)
    return Result(metrics=metrics, history=points, **ids)


def publish(folder: Path, output: Path) -> None:
    """Copies a result to `output`. Later stages read it there."""
    for file in folder.rglob("*"):
        if file.is_file():
            with replacing(output / file.relative_to(folder)) as temporary:
                shutil.copyfile(file, temporary)


def save_model(model: Any, path: Path) -> None:
    """Writes one Keras file, whole or not at all."""
    with replacing(path) as temporary:
        model.save(temporary)
