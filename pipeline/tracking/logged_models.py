"""Models that the store keeps: found by the run that trained them, and loaded."""

from typing import Any

import mlflow
from mlflow.entities import LoggedModelStatus

from pipeline.errors import PipelineError
from pipeline.tracking import store
from pipeline.tracking.mlflow_tracker import MODEL

_NAMED = 5  # of several runs


def find_run(beginning: str) -> str:
    """The id of the one run whose id begins so; `beginning` holds hexadecimal digits.

    Raises:
        PipelineError: there is no such run, or there are several.
    """
    client = store.client()
    experiments = [found.experiment_id for found in client.search_experiments()]
    found = client.search_runs(
        experiments, f"attributes.run_id LIKE '{beginning}%'", max_results=_NAMED
    )
    run_ids = sorted(str(run.info.run_id) for run in found)
    if not run_ids:
        raise PipelineError(
            f"the tracking store {store.uri()} has no run whose id begins so", received=beginning
        )
    if len(run_ids) > 1:
        raise PipelineError(
            "several runs begin so", received=beginning, expected=f"They are: {', '.join(run_ids)}"
        )
    return run_ids[0]


def load(run_id: str) -> Any:
    """The served model of a run.

    Raises:
        PipelineError: the store keeps no model of it.
    """
    client = store.client()
    run = client.get_run(run_id)
    found = client.search_logged_models(
        [run.info.experiment_id], f"source_run_id = '{run_id}' AND name = '{MODEL}'"
    )
    whole = [logged.model_id for logged in found if logged.status == LoggedModelStatus.READY]
    if not whole:
        raise PipelineError(
            "the tracking store keeps no model of this run",
            received=run_id,
            expected="It keeps those of trainings that came to their end, with tracking.log_model=true",
        )
    return mlflow.keras.load_model(f"models:/{whole[0]}", load_model_kwargs={"compile": False})
