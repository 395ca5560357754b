"""The results of the second training, read from its work tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.files import read_sealed
from pipeline.layout import OUTPUTS
from pipeline.runs import history, record
from pipeline.runs.history import Point
from pipeline.runs.record import RunRecord
from pipeline.runs.result import HISTORY, MADE_BY, MODEL
from pipeline.tracking import recorded
from pipeline.tracking.names import LINEAGE
from pipeline.tracking.recorded import Steps


@dataclass(frozen=True)
class SecondTraining:
    """A run that was made again.

    Args:
        points, tests: as in `Original`.
        lineage: see `pipeline.runs.lineage`.
    """

    run: RunRecord
    history: list[Point]
    model: Path
    points: Steps
    tests: Steps
    lineage: Mapping[str, Any]


def read(folder: Path, name: str) -> SecondTraining:
    """Reads the results of an experiment from a work tree."""
    output = folder / OUTPUTS / name
    run = record.read(output, made_by=MADE_BY)
    metrics = recorded.metrics_in(folder / "mlruns/mlflow.db", run.run_id)
    return SecondTraining(
        run=run,
        history=history.read(output / HISTORY),
        model=output / MODEL,
        points=recorded.of_training(metrics),
        tests=recorded.of_tests(metrics),
        lineage=_lineage(folder, run.run_id),
    )


def _lineage(folder: Path, run_id: str) -> dict[str, Any]:
    files = [path for path in (folder / "mlruns").rglob(LINEAGE) if run_id in path.parts]
    if not files:
        raise PipelineError("the second training left no lineage.json", received=folder / "mlruns")
    return read_sealed(files[0], made_by=MADE_BY)
