"""Reports the results of experiments: a table, report.md and report.html.

    python -m pipeline.report                         all experiments of params.yaml
    python -m pipeline.report mnist_mlp mnist_cnn     only these
    python -m pipeline.report --check                 only print each claim with its result

The files are written to outputs/. The command exits with 1 if an experiment has no result or no run
in the tracking store, and prints the reason. With --check, it exits with 1 if a claim is not met.
After an edit of conf/ or params.yaml, it asks you to compose again.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.command_line import arguments, run_command
from pipeline.config import params, plan_file, resolved_file
from pipeline.console import say, table_console
from pipeline.errors import PipelineError, suggestion
from pipeline.layout import CONFIGS, OUTPUTS
from pipeline.reporting import comparisons, pictures, rendering, results
from pipeline.reporting.overview import overview
from pipeline.reporting.pictures import Picture
from pipeline.reporting.results import Row


def main() -> None:
    """Reads the command line and reports."""
    argv = arguments(__doc__)
    flags = [argument for argument in argv if argument.startswith("-")]
    names = [argument for argument in argv if argument not in flags]
    if set(flags) - {"--check"}:
        raise PipelineError(
            "this flag does not exist",
            received=" ".join(flags),
            expected="Expected: --check or --help",
        )
    planned = params.read()
    for name in names:
        if name not in planned.experiments:
            raise PipelineError(
                "params.yaml has no experiment of this name",
                received=name,
                expected=suggestion(name, planned.experiments),
            )
    plan_file.require_current()
    rows = results.collect(planned, names or list(planned.experiments))
    if flags:
        check(rows)
    else:
        report(_with_runs(rows))


def check(rows: Sequence[Row]) -> None:
    """Prints every claim with its result.

    Raises:
        PipelineError: a claim is not met.
    """
    for line in rendering.checklist(rows):
        say(line)
    claims = [(row.experiment, claim) for row in rows for claim in row.claims]
    unmet = [f"{experiment}: {claim.claim}" for experiment, claim in claims if not claim.is_met]
    if unmet:
        raise PipelineError(
            f"{len(unmet)} of {len(claims)} claims are not met", received="; ".join(unmet)
        )


def report(rows: Sequence[Row]) -> None:
    """Prints the table and writes the pages.

    Raises:
        PipelineError: an experiment has no result, or its repeats failed. The pages are written
            before.
    """
    compared = comparisons.collect(rows)
    files = rendering.write(rows, OUTPUTS, comparisons=compared, appendix=[activation_functions()])
    table_console().print(rendering.table(rows))
    for line in [overview(rows).looks, *rendering.reasons(rows), *rendering.stale(compared)]:
        if line:
            say(line)
    say(f"Report: {' and '.join(map(str, files))}")
    missing = [row.experiment for row in rows if row.missing]
    if missing:
        raise PipelineError(
            f"{len(missing)} of {len(rows)} experiments have no result",
            received=", ".join(missing),
            expected="See the reasons above",
        )
    unrepeated = [row.experiment for row in rows if row.unrepeated]
    if unrepeated:
        raise PipelineError(
            "training several times failed",
            received=", ".join(unrepeated),
            expected="See the reasons above",
        )


def activation_functions() -> Picture:
    """Draws the figure of the appendix."""
    from pipeline.evaluation import activation_functions as appendix
    from pipeline.evaluation.drawing.png import png

    return pictures.picture(
        png(appendix.activation_functions()), title="activation functions", alt=appendix.ALT
    )


def _with_runs(rows: Sequence[Row]) -> list[Row]:
    """Drops results without a run in the tracking store.

    A cached output can outlive its run.
    """
    lost = _lost_runs(rows)
    reason = "its run is not in the tracking store. Train it again: dvc repro --force train@{}"
    return [
        replace(row, result=None, missing=reason.format(row.experiment))
        if row.result and row.result.run.run_id in lost
        else row
        for row in rows
    ]


def _lost_runs(rows: Sequence[Row]) -> set[str]:
    """Returns the ids of runs that are missing from their store."""
    from pipeline.tracking import stores

    runs: dict[str, list[str]] = {}
    for row in rows:
        if row.result:
            settings = resolved_file.read(CONFIGS / f"{row.experiment}.yaml")
            runs.setdefault(settings.store, []).append(row.result.run.run_id)
    lasting = {name: store for name in runs if (store := stores.load(name)).lasting}
    return {run_id for name, store in lasting.items() for run_id in store.missing(runs[name])}


if __name__ == "__main__":
    run_command(main)
