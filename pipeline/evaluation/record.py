"""The record of an evaluation, `evaluation.json`: which run it tested, and what it wrote.

It is written last. So after a kill, the old record does not match the new files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.evaluation import predictions
from pipeline.files import read_sealed, require_files, sha256, write_sealed
from pipeline.layout import EVALUATED_RUNS

FILE = "evaluation.json"
METRICS = "metrics.json"
HEADLINE = "headline.json"
FIGURES = "figures"


def write(output: Path, run: Mapping[str, str]) -> None:
    """Writes the record of the files that `evaluate` wrote to `output`.

    Args:
        run: the ids of the run that was tested.
    """
    recorded = [output / METRICS, output / HEADLINE, output / predictions.FILE]
    paths = [*recorded, *sorted((output / FIGURES).iterdir())]
    files = {str(path.relative_to(output)): sha256(path) for path in paths}
    write_sealed(output / FILE, {"run": dict(run), "files": files})


def require(output: Path, run: Mapping[str, str]) -> None:
    """Checks that the metrics, predictions and figures in `output` are those of this run.

    Raises:
        PipelineError: they are missing, damaged, or of another run.
    """
    tested = _sealed(output)["run"]
    if tested != run:
        raise PipelineError(
            f"{output / METRICS} is stale: it is of run {tested['run_id']}, "
            f"and the model is of run {run['run_id']}",
            expected=f"Test the model with: {command(output)}",
        )
    read(output)


def read(output: Path) -> dict[str, str]:
    """The ids of the run that was tested, after a check of the files.

    Raises:
        PipelineError: a file is missing or damaged.
    """
    record = _sealed(output)
    require_files(output, record["files"], made_by=command(output))
    if predictions.FILE not in record["files"]:
        raise PipelineError(
            f"{output} holds no predictions, because an earlier version evaluated it",
            expected=f"Test the model again with: {command(output)}",
        )
    return dict(record["run"])


def _sealed(output: Path) -> dict[str, Any]:
    return read_sealed(output / FILE, made_by=command(output))


def command(output: Path) -> str:
    """The command that repeats the evaluation in `output`."""
    if output.parent == EVALUATED_RUNS:
        return f"python -m pipeline.evaluate run={output.name}"
    return f"dvc repro evaluate@{output.name}"
