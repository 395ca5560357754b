"""The record of an evaluation, `evaluation.json`: which run it tested, and what it wrote.

It is written last. So after a kill, the old record does not match the new files.
"""

from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.evaluation import predictions
from pipeline.files import read_sealed, require_files, sha256, write_sealed
from pipeline.layout import EVALUATED_RUNS

FILE = "evaluation.json"
METRICS = "metrics.json"
FIGURES = "figures"


def write(output: Path, run: Mapping[str, str]) -> None:
    """Writes the record of the files that `evaluate` wrote to `output`.

    Args:
        run: the ids of the run that was tested.
    """
    kept = [output / METRICS, output / predictions.FILE]
    paths = [*kept, *sorted((output / FIGURES).iterdir())]
    files = {str(path.relative_to(output)): sha256(path) for path in paths}
    write_sealed(output / FILE, {"run": dict(run), "files": files})


def require(output: Path, run: Mapping[str, str]) -> None:
    """Checks that the metrics, predictions and figures in `output` are those of this run.

    Raises:
        PipelineError: they are missing, damaged, or of another run.
    """
    made_by = command(output)
    record = read_sealed(output / FILE, made_by=made_by)
    if record["run"] != run:
        raise PipelineError(
            f"{output / METRICS} is stale: it is of run {record['run']['run_id']}, "
            f"and the model is of run {run['run_id']}",
            expected=f"Test the model with: {made_by}",
        )
    require_files(output, record["files"], made_by=made_by)


def command(output: Path) -> str:
    """The command that evaluates the run whose evaluation is in `output`."""
    if output.parent == EVALUATED_RUNS:
        return f"python -m pipeline.evaluate run={output.name}"
    return f"dvc repro evaluate@{output.name}"
