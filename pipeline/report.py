"""Reports the results of experiments: a table, report.md and report.html.

    python -m pipeline.report                         all experiments of params.yaml
    python -m pipeline.report mnist_mlp mnist_cnn     only these
    python -m pipeline.report --check                 only print each claim with its result

The files are written to outputs/. The command exits with 1 if an experiment has no result or no run
in the tracking store, and prints the reason. With --check, it exits with 1 if a claim is not met.
After an edit of conf/ or params.yaml, it asks you to compose again.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from pipeline.command_line import arguments, run_command
from pipeline.config import params, plan_file, resolved_file
from pipeline.console import say, table_console
from pipeline.errors import PipelineError
from pipeline.layout import CONFIGS, OUTPUTS
from pipeline.reporting import certificates, comparisons, pictures, rendering, results, studies
from pipeline.reporting.overview import overview
from pipeline.reporting.pictures import Picture
from pipeline.reporting.results import Row
from pipeline.runs import record as run_record


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
        params.require_experiment(name, planned.experiments)
    plan_file.require_current()
    names = names or list(planned.experiments)
    if flags:
        check(results.collect(planned, names))
        return
    lost = _lost_runs(names)  # first, because opening the store adds the records that DVC carries
    report([_with_run(row, lost) for row in results.collect(planned, names)])


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
            anyway.
    """
    compared = comparisons.collect(rows)
    files = rendering.write(
        rows,
        OUTPUTS,
        comparisons=compared,
        studies=studies.collect(rows),
        proofs=certificates.collect(rows),
        appendix=[activation_functions()],
        ui=_ui(),
    )
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


def _ui() -> str:
    """The address of the MLflow UI: that of the tracking server, or of `make ui`."""
    from pipeline.tracking import connection, server

    return (
        connection.shown_uri().rstrip("/")
        if server.is_server(connection.uri())
        else rendering.LOCAL_UI
    )


def _with_run(row: Row, lost: Mapping[str, str]) -> Row:
    """Drops a result without a run in the tracking store. A cached output can outlive its run."""
    reason = lost.get(row.result.run.run_id) if row.result else None
    return row if reason is None else replace(row, result=None, missing=reason)


def _lost_runs(names: Sequence[str]) -> dict[str, str]:
    """Why runs of experiments are not in their store, by their ids."""
    from pipeline.tracking import stores

    runs: dict[str, dict[str, str]] = {}
    for name in names:
        with suppress(PipelineError):  # the row says what is wrong
            settings = resolved_file.read(CONFIGS / f"{name}.yaml")
            run = run_record.read(OUTPUTS / name, made_by=f"dvc repro train@{name}")
            runs.setdefault(settings.store, {})[run.run_id] = name
    return {
        run_id: _reason(runs[name][run_id])
        for name in runs
        if (store := stores.load(name)).lasting
        for run_id in store.missing(runs[name])
    }


def _reason(experiment: str) -> str:
    from pipeline.tracking import connection

    remedy = connection.remedy(f"train@{experiment}")
    return f"its run is not in the tracking store. {remedy}"


if __name__ == "__main__":
    run_command(main)
