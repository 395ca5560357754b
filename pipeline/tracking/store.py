"""The embedded MLflow store under `mlruns/`, or the server that `MLFLOW_TRACKING_URI` names.

SQLite's schema is made and looked at under a lock, because processes that first touch a store together crash in
MLflow's migration; write-ahead logging lets parallel writers go on.
"""

import fcntl
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.store.db import utils
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import StoreError
from pipeline.files import replacing
from pipeline.layout import mlruns

ARTIFACTS = "artifacts"
FAULTS = (
    MlflowException,
    SQLAlchemyError,
    sqlite3.Error,
)  # what a store raises that cannot be read or written
_KIND = {
    "mlflow.experimentKind": "custom_model_development"
}  # the UI shows runs as trainings, not as GenAI evaluations


def uri() -> str:
    """The tracking URI in force."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _embedded()


def _embedded() -> str:
    return f"sqlite:///{mlruns() / 'mlflow.db'}"


def client() -> MlflowClient:
    """A client of the store, which exists and is up to date afterwards.

    Raises:
        StoreError: the store cannot be opened or reached.
    """
    logging.getLogger("alembic").setLevel(
        logging.WARNING
    )  # its migration log says nothing to a person
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    location = uri()
    mlflow.set_tracking_uri(location)
    try:
        with lock():
            if location == _embedded():
                _make(mlruns() / "mlflow.db")
            opened = MlflowClient(location)
            opened.search_experiments(max_results=1)
            if location == _embedded():
                _write_ahead(mlruns() / "mlflow.db")
    except FAULTS as error:
        first = str(error).splitlines()[0]
        raise StoreError(
            f"the tracking store {location} cannot be opened",
            received=first,
            expected="Start the server, correct MLFLOW_TRACKING_URI, or move mlruns/mlflow.db away to begin a new store",
        ) from error
    return opened


def experiment_id(opened: MlflowClient, name: str) -> str:
    """The id of an MLflow experiment, created where it is missing; its artifacts lie under `mlruns/artifacts`."""
    with lock():
        found = opened.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = (mlruns() / ARTIFACTS / name).as_uri() if uri() == _embedded() else None
        try:
            return str(opened.create_experiment(name, artifact_location=location, tags=_KIND))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return str(
                opened.get_experiment_by_name(name).experiment_id
            )  # which another machine has made meanwhile


@contextmanager
def lock() -> Iterator[None]:
    """Keeps other processes from the store while something is looked for and made; not to be entered twice."""
    mlruns().mkdir(parents=True, exist_ok=True)
    with (mlruns() / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(database: Path) -> None:
    """Makes MLflow's tables aside: SQLite commits each step, and MLflow cannot go on from half of them."""
    if database.exists():
        return
    with TemporaryDirectory() as folder:
        made = Path(folder, database.name)
        engine = utils.create_sqlalchemy_engine(f"sqlite:///{made}")
        utils._initialize_tables(engine)
        engine.dispose()
        with replacing(database) as temporary:
            shutil.copyfile(made, temporary)


def _write_ahead(database: Path) -> None:
    with closing(sqlite3.connect(database, timeout=20)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
