"""The result of a run on disk: model, history, snapshots, and what the run is known by.

It is written whole into the run's own folder, and copied from there to where later stages read it.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.files import read_json, replacing, replacing_folder, write_json
from pipeline.runs import history
from pipeline.runs.folder import RunFolder
from pipeline.runs.history import Point
from pipeline.training.loop import Outcome

SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class Result:
    """A finished run, or one that paused: `metrics` are those of the weights that were kept, or now would be."""

    run_id: str
    run_key: str
    fingerprint: str
    metrics: dict[str, float]
    history: list[Point]
    paused: bool = False


def snapshot_file(output: Path, step: int) -> Path:
    """Where the model of a step lies."""
    return output / SNAPSHOTS / f"step_{step:06d}.keras"


def write(
    model: Any,
    outcome: Outcome,
    known: dict[str, str],
    *,
    folder: RunFolder,
    evaluate_at: Sequence[int],
) -> None:
    """Writes `folder.result`, whole or not at all; `folder` holds the snapshots of the steps `evaluate_at`."""
    steps = [point.step for point in outcome.history if point.step in evaluate_at]
    with replacing_folder(folder.result) as result:
        save_model(model, result / "model.keras")
        history.write(outcome.history, result / "history.csv")
        write_json(result / SNAPSHOTS / "index.json", {"kept": outcome.kept.step, "steps": steps})
        for step in steps:
            shutil.copyfile(snapshot_file(folder.path, step), snapshot_file(result, step))
        write_json(result / "run.json", known)


def read(result: Path) -> Result:
    """Reads what `write` wrote; raises `PipelineError` where a file is missing or damaged."""
    known = read_json(result / "run.json", made_by="force=true")
    kept = read_json(result / SNAPSHOTS / "index.json", made_by="force=true")["kept"]
    points = history.read(result / "history.csv")
    metrics = next(point.metrics for point in points if point.step == kept)
    return Result(metrics=metrics, history=points, **known)


def publish(result: Path, output: Path) -> None:
    """Copies what later stages read."""
    for file in result.rglob("*"):
        if file.is_file():
            with replacing(output / file.relative_to(result)) as temporary:
                shutil.copyfile(file, temporary)


def save_model(model: Any, path: Path) -> None:
    """Writes one Keras file, whole or not at all."""
    with replacing(path) as temporary:
        model.save(temporary)
