"""Reports what every experiment reached: a table, outputs/report.md and outputs/report.html.

    python -m pipeline.report                         all experiments of params.yaml
    python -m pipeline.report mnist_mlp mnist_cnn     these alone
    python -m pipeline.report --check                 nothing is written: each claim with the value in outputs/

Ends with 1 if an experiment is missing or its run is not in the tracking store, and says why; with --check, if a claim
is not met.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from pipeline.command_line import run_command
from pipeline.config import params
from pipeline.config.resolved import read
from pipeline.errors import PipelineError, suggestion
from pipeline.layout import CONFIGS, OUTPUTS
from pipeline.reporting import pictures, rendering, results
from pipeline.reporting.pictures import Picture
from pipeline.reporting.results import Row


def main() -> None:
    """Reads the command line and reports."""
    flags = {argument for argument in sys.argv[1:] if argument.startswith("-")}
    names = [argument for argument in sys.argv[1:] if argument not in flags]
    if {"-h", "--help"} & flags:
        print(__doc__)
        return
    if flags - {"--check"}:
        raise PipelineError(
            "an unknown flag",
            received=" ".join(sorted(flags)),
            expected="Expected: --check or --help",
        )
    planned = params.read()
    for name in names:
        if name not in planned.experiments:
            raise PipelineError(
                "no experiment of params.yaml has this name",
                received=name,
                expected=suggestion(name, planned.experiments),
            )
    rows = results.collect(planned, names or list(planned.experiments))
    if flags:
        check(rows)
    else:
        report(_with_runs(rows))


def check(rows: Sequence[Row]) -> None:
    """Prints every claim beside what was reached.

    Raises:
        PipelineError: a claim is not met.
    """
    for line in rendering.checklist(rows):
        print(line)
    claims = [(row.experiment, claim) for row in rows for claim in row.claims]
    unmet = [f"{experiment}: {claim.claim}" for experiment, claim in claims if not claim.is_met]
    if unmet:
        raise PipelineError(
            f"{len(unmet)} of {len(claims)} claims are not met", received="; ".join(unmet)
        )


def report(rows: Sequence[Row]) -> None:
    """Prints the table and writes the pages.

    Raises:
        PipelineError: an experiment is missing, or the trainings of its seeds failed; the report is written all the same.
    """
    written = rendering.write(rows, OUTPUTS, appendix=[activation_functions()])
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
    unrepeated = [row.experiment for row in rows if row.unrepeated]
    if unrepeated:
        raise PipelineError(
            "seeds could not be trained", received=", ".join(unrepeated), expected="See why above"
        )


def activation_functions() -> Picture:
    """The figure of the appendix."""
    from pipeline.evaluation import figures
    from pipeline.evaluation.drawing.png import png

    alt = "step, sigmoid, tanh and ReLU over their input, each beside its derivative"
    return pictures.picture(
        png(figures.activation_functions()), title="activation functions", alt=alt
    )


def _with_runs(rows: Sequence[Row]) -> list[Row]:
    """Takes away results whose run is not in the tracking store: a cached output may outlive its store."""
    reason = "its run is not in the tracking store; train it again: dvc repro --force train@{}"
    return [
        replace(row, result=None, missing=reason.format(row.experiment))
        if row.result and _is_lost(row.experiment, row.result.run["run_id"])
        else row
        for row in rows
    ]


def _is_lost(experiment: str, run_id: str) -> bool:
    from pipeline.tracking import stores

    store = stores.load(read(CONFIGS / f"{experiment}.yaml").tracking.store)
    return store.lasting and bool(store.missing([run_id]))


if __name__ == "__main__":
    run_command(main)
