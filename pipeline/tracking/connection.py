"""Opens the MLflow store under `mlruns/`, or the server of `MLFLOW_TRACKING_URI`.

A lock guards the creation and check of SQLite's schema: MLflow's migration crashes if several
processes open a new store at once. Write-ahead logging lets processes write in parallel.
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
from pipeline.redaction import without_password

ARTIFACTS = "artifacts"
# The errors of reading and writing a store.
FAULTS = (MlflowException, SQLAlchemyError, sqlite3.Error)
# With this tag the UI shows runs as trainings, not as evaluations of language models.
_KIND = {"mlflow.experimentKind": "custom_model_development"}


def uri() -> str:
    """The tracking URI in force."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _embedded()


def shown_uri() -> str:
    """The tracking URI for messages: without its password."""
    return without_password(uri())


def _embedded() -> str:
    return f"sqlite:///{mlruns() / 'mlflow.db'}"


def client() -> MlflowClient:
    """Opens the store. Creates it if there is none, and brings its schema up to date.

    Raises:
        StoreError: opening or reaching the store failed.
    """
    # The log of the migration means nothing to a user.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    location = uri()
    mlflow.set_tracking_uri(location)
    try:
        with lock():
            if location == _embedded():
                create_database(mlruns() / "mlflow.db")
            client = MlflowClient(location)
            client.search_experiments(max_results=1)
            if location == _embedded():
                _enable_write_ahead(mlruns() / "mlflow.db")
    except (*FAULTS, ValueError) as error:  # ValueError: the URI is not valid
        first = str(error).splitlines()[0]
        raise StoreError(
            f"the tracking store {shown_uri()} cannot be opened",
            received=without_password(first),
            expected="Start the server, correct MLFLOW_TRACKING_URI, "
            "or move mlruns/mlflow.db away to begin a new store",
        ) from error
    return client


def experiment_id(client: MlflowClient, name: str) -> str:
    """Looks up an MLflow experiment, or creates it, and returns its id."""
    with lock():
        experiment = client.get_experiment_by_name(name)
        if experiment is not None:
            return str(experiment.experiment_id)
        location = (mlruns() / ARTIFACTS / name).as_uri() if uri() == _embedded() else None
        try:
            return str(client.create_experiment(name, artifact_location=location, tags=_KIND))
        except MlflowException as error:
            # Another machine may have created it on the server since the look-up.
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return str(client.get_experiment_by_name(name).experiment_id)


@contextmanager
def lock() -> Iterator[None]:
    """Locks out other processes while this one looks up and creates. Do not nest it."""
    mlruns().mkdir(parents=True, exist_ok=True)
    with (mlruns() / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def create_database(database: Path) -> None:
    """Creates MLflow's tables in a temporary file.

    MLflow cannot complete tables that a killed process has half created.
    """
    if database.exists():
        return
    with TemporaryDirectory() as folder:
        complete = Path(folder, database.name)
        engine = utils.create_sqlalchemy_engine(f"sqlite:///{complete}")
        utils._initialize_tables(engine)
        engine.dispose()
        with replacing(database) as temporary:
            shutil.copyfile(complete, temporary)


def _enable_write_ahead(database: Path) -> None:
    with closing(sqlite3.connect(database, timeout=20)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
