"""Reads the trainings of the tracking store: their settings and the metrics of their models."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlflow.entities import Run

from pipeline.tracking import connection
from pipeline.tracking.faults import reported

_PAGE = 1_000
_KEPT = "best/"  # figures of the saved weights, as a training logs them
_NEVER_SHOWN = ("name", "data.name")  # the columns `experiment` and `data.source` hold the same


@dataclass(frozen=True)
class RunRow:
    """What the store knows about a training.

    Args:
        started: milliseconds since 1970.
        settings: texts by full name, such as `optimizer.learning_rate`.
        metrics: of the saved weights, such as `validation/accuracy`; with `test/…` after a test.
    """

    run_id: str
    experiment: str
    status: str
    started: int
    settings: dict[str, str]
    metrics: dict[str, float]


def records(experiment: str | None = None) -> list[RunRow]:
    """The trainings of the store, the newest first.

    Args:
        experiment: only those of this experiment.

    Raises:
        StoreError: opening the store failed.
    """
    rows = [_row(run) for run in _trainings()]
    return [row for row in rows if experiment in (None, row.experiment)]


@reported()
def _trainings() -> list[Run]:
    return [run for run in _all() if "run_key" in run.data.tags]


def _all() -> Iterator[Run]:
    client = connection.client()
    experiments = [one.experiment_id for one in client.search_experiments()]
    token: str | None = ""
    while token is not None:
        page = client.search_runs(
            experiments, max_results=_PAGE, order_by=["start_time DESC"], page_token=token or None
        )
        yield from page
        token = page.token or None


def _row(run: Run) -> RunRow:
    best = {
        name.removeprefix(_KEPT): value
        for name, value in run.data.metrics.items()
        if name.startswith(_KEPT) and name != f"{_KEPT}step"
    }
    tested = {name: value for name, value in run.data.metrics.items() if name.startswith("test/")}
    return RunRow(
        run_id=run.info.run_id,
        experiment=run.data.tags["experiment"],
        status=run.info.status,
        started=run.info.start_time,
        settings={
            name: value for name, value in run.data.params.items() if name not in _NEVER_SHOWN
        },
        metrics=best | tested,
    )
