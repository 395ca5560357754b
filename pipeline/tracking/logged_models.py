"""Finds and loads the models that MLflow stores for runs."""

from typing import Any

import mlflow
from mlflow.entities import LoggedModelStatus

from pipeline.errors import PipelineError
from pipeline.tracking import connection
from pipeline.tracking.faults import reported
from pipeline.tracking.mlflow_tracker import MODEL

_LONGEST_LIST = 5  # of run ids in an error message


@reported()
def find_run(beginning: str) -> str:
    """Completes the beginning of a run id, in hexadecimal digits.

    Raises:
        PipelineError: no run id begins with these digits, or several do.
    """
    client = connection.client()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = client.search_runs(
        experiments, f"attributes.run_id LIKE '{beginning}%'", max_results=_LONGEST_LIST
    )
    run_ids = sorted(str(run.info.run_id) for run in runs)
    if not run_ids:
        raise PipelineError(
            f"no run id in the tracking store {connection.shown_uri()} begins with these digits",
            received=beginning,
            expected="Look up the id with: make ui",
        )
    if len(run_ids) > 1:
        raise PipelineError(
            "several run ids begin with these digits",
            received=beginning,
            expected=f"Give more digits of one of: {', '.join(run_ids)}",
        )
    return run_ids[0]


@reported()
def load(run_id: str) -> Any:
    """Loads the served model of a run.

    Raises:
        PipelineError: the store has no model of this run.
    """
    client = connection.client()
    run = client.get_run(run_id)
    models = client.search_logged_models(
        [run.info.experiment_id], f"source_run_id = '{run_id}' AND name = '{MODEL}'"
    )
    ready = [model.model_id for model in models if model.status == LoggedModelStatus.READY]
    if not ready:
        raise PipelineError(
            "the tracking store has no model of this run",
            received=run_id,
            expected="Train it to its end with: tracking.log_model=true",
        )
    if not client.list_logged_model_artifacts(ready[0]):
        raise PipelineError(
            "the files of this run's model are missing from the tracking store",
            received=run_id,
            expected="Log them again with the command that trained the run",
        )
    return mlflow.keras.load_model(f"models:/{ready[0]}", load_model_kwargs={"compile": False})
