"""Finds and loads the models that MLflow stores for runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
from mlflow.entities import LoggedModelStatus
from mlflow.exceptions import MlflowException

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


@contextmanager
def model_of(run_id: str) -> Iterator[Path]:
    """A copy of the model of a run, for the length of a block.

    Raises:
        PipelineError: the store has no model of this run.
    """
    with model_at(f"models:/{model_id(run_id)}") as folder:
        yield folder


@contextmanager
def model_at(uri: str) -> Iterator[Path]:
    """A copy of a model, for the length of a block.

    Args:
        uri: `models:/…` or `runs:/…`.

    Raises:
        PipelineError: there is no such model.
    """
    with TemporaryDirectory() as folder:
        yield _download(uri, folder)


@reported()
def model_id(run_id: str) -> str:
    """The id of the model that a run logged.

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
    return str(ready[0])


@reported()
def _download(uri: str, folder: str) -> Path:
    connection.client()  # sets the store
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
    except (MlflowException, OSError) as error:
        raise PipelineError(
            "the tracking store has no such model",
            received=f"{uri}: {str(error).rstrip('.')}",
            expected="Write models:/<name>@champion, models:/<name>/<version> or runs:/<id>/model; "
            "make ui shows names and ids",
        ) from None
