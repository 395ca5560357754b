"""Reports what every experiment reached: a table, outputs/report.md and outputs/report.html.

    python -m pipeline.report                         all experiments of params.yaml
    python -m pipeline.report mnist_mlp mnist_cnn     these alone

Ends with 1 if an experiment is missing or its run is not in the tracking store, and says why.
"""

import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from pipeline.config import params
from pipeline.config.resolved import CONFIGS, read
from pipeline.config.tracking import Store
from pipeline.errors import PipelineError, run_command, suggestion
from pipeline.reporting import rendering, results
from pipeline.reporting.results import Row

OUTPUTS = Path("outputs")


def main() -> None:
    """Reads the command line and reports."""
    names = sys.argv[1:]
    if {"-h", "--help"} & set(names):
        print(__doc__)
        return
    planned = params.read()
    for name in names:
        if name not in planned.experiments:
            raise PipelineError(
                "no experiment of params.yaml has this name", received=name, expected=suggestion(name, planned.experiments)
            )
    rows = _with_runs(results.collect(planned, names or list(planned.experiments)))
    written = rendering.write(rows, OUTPUTS)
    Console(width=None if sys.stdout.isatty() else 160).print(rendering.table(rows))
    for line in rendering.reasons(rows):
        print(line)
    print(f"Report: {' and '.join(map(str, written))}")
    missing = [row.experiment for row in rows if row.missing]
    if missing:
        raise PipelineError(
            f"{len(missing)} of {len(rows)} experiments are missing",
            received=", ".join(missing),
            expected="See why above",
        )


def _with_runs(rows: list[Row]) -> list[Row]:
    """Marks results whose run is not in the tracking store: a cached output may outlive its store."""
    from pipeline.tracking import runs

    tracked = {row.experiment: row.run_id for row in rows if row.run_id and _is_tracked(row.experiment)}
    gone = runs.missing_runs(tracked) if tracked else []
    reason = "its run is not in the tracking store; train it again: dvc repro --force train@{}"
    return [replace(row, missing=reason.format(row.experiment)) if row.experiment in gone else row for row in rows]


def _is_tracked(experiment: str) -> bool:
    return read(CONFIGS / f"{experiment}.yaml").tracking.store is Store.mlflow


if __name__ == "__main__":
    run_command(main)
