"""Records in MLflow: the embedded store under `mlruns/`, or a tracking server.

MLflow takes longer to import than a finished run takes to read, so each method imports it.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager

from pipeline.tracking import complete_records
from pipeline.tracking.tracker import RunFacts, Tracker


class MlflowStore:
    """Imports MLflow when a record is opened."""

    lasting = True

    def open_run(
        self, facts: RunFacts, *, run_id: str | None = None, new: bool = False
    ) -> AbstractContextManager[Tracker]:
        from pipeline.tracking import mlflow_runs

        return mlflow_runs.open_run(facts, run_id=run_id, new=new)

    def open_parent(
        self, kind: str, experiment: str, identifier: str, params: Mapping[str, str]
    ) -> AbstractContextManager[Tracker]:
        from pipeline.tracking import mlflow_runs

        return mlflow_runs.open_parent(kind, experiment, identifier, params)

    def attach(self, run_id: str) -> Tracker:
        from pipeline.tracking import mlflow_runs

        return mlflow_runs.attach(run_id)

    def write_page(self, experiment: str) -> None:
        from pipeline.tracking import connection, pages

        pages.write(connection.client(), experiment)

    def missing(self, run_ids: Iterable[str]) -> set[str]:
        from pipeline.tracking import mlflow_runs

        return mlflow_runs.missing(run_ids)

    def is_complete(self, run_id: str, *, model_step: int | None) -> bool:
        return complete_records.is_complete(run_id, model_step=model_step)


STORE = MlflowStore()
