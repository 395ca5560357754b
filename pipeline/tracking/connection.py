"""Opens the MLflow store under `mlruns/`, or the server of `MLFLOW_TRACKING_URI`.

A lock guards the creation and check of SQLite's schema: MLflow's migration crashes if several
processes open a new store at once. Write-ahead logging lets processes write in parallel.
"""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException
from mlflow.store.db import utils
from mlflow.tracking._tracking_service import utils as tracking_utils
from sqlalchemy import Engine, event, make_url

from pipeline.console import log
from pipeline.errors import StoreError
from pipeline.files import replacing
from pipeline.layout import mlruns
from pipeline.redaction import without_password
from pipeline.tracking import faults, home, names, server, sqlite

# With this tag the UI shows runs as trainings, not as evaluations of language models.
_KIND = {"mlflow.experimentKind": "custom_model_development"}
_MOST_RUNS = 50_000  # in one answer of MLflow
_UNUSABLE = (
    "Restore a copy, or move it away to begin a new store: runs that DVC does not carry are then "
    "trained again"
)


def uri() -> str:
    """The tracking URI in force."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _embedded()


def shown_uri() -> str:
    """The tracking URI for messages: without its password."""
    return without_password(uri())


def _embedded() -> str:
    path = str(mlruns() / home.DATABASE)
    # In an address, % and ? have a meaning for SQLAlchemy.
    return f"sqlite:///{os.path.relpath(path) if set('%?') & set(path) else path}"


def is_embedded() -> bool:
    """Whether the tracking URI in force names the database under `mlruns/`, however spelled."""
    location = uri()
    if not location.startswith("sqlite"):
        return False
    database = make_url(location).database
    return database is not None and Path(database).resolve() == (mlruns() / home.DATABASE).resolve()


def is_missing() -> bool:
    """Whether the store is the database under `mlruns/`, and no command has created it."""
    return is_embedded() and not (mlruns() / home.DATABASE).is_file()


def remedy(stage: str) -> str:
    """What to do about a run that the store does not have.

    Args:
        stage: the stage that trains the run.
    """
    again = f"train it again with: dvc repro --force {stage}"
    if is_embedded():
        return f"Bring it with: dvc pull, or {again}"
    return (
        "A store elsewhere cannot take the record that DVC carries. Unset MLFLOW_TRACKING_URI to "
        f"use the one in mlruns/, or {again}"
    )


def client() -> MlflowClient:
    """Opens the store. Creates it if there is none, and brings its schema up to date.

    If the folder of the store has moved, the locations in it change. The store gets the runs that
    DVC carries and it lacks.

    Raises:
        StoreError: opening or reaching the store failed.
    """
    from pipeline.tracking import bringing  # it uses this module

    location = _embedded() if is_embedded() else uri()
    _quiet(location)
    mlflow.set_tracking_uri(location)
    # MLflow remembers where the files of a run are. In a copy of a project, they are elsewhere.
    tracking_utils._artifact_repos_cache.clear()
    with _opening(location):
        if server.is_server(location):
            server.wait(location)
    with _opening(location), lock():
        bringing.bring_looks()
        if not is_embedded():
            return _checked(MlflowClient(location))
        create_database(mlruns() / home.DATABASE)
        if home.settle(mlruns() / home.DATABASE):
            log(f"the project has moved: the records in {mlruns()} now name its files there")
        client = _checked(MlflowClient(location))
        _enable_write_ahead(mlruns() / home.DATABASE)
        bringing.bring_runs()
        return client


def bring_home() -> None:
    """Makes new files lie in this project, even if another container opened the store meanwhile.

    The same folder can have another path there.
    """
    if is_embedded():
        with lock():
            home.settle(mlruns() / home.DATABASE)


def _checked(client: MlflowClient) -> MlflowClient:
    client.search_experiments(max_results=1)
    return client


@event.listens_for(Engine, "do_connect")
def _be_patient(dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
    """Makes the connections that MLflow opens as patient as the others."""
    if dialect.name == "sqlite":
        parameters |= sqlite.patience()


def _quiet(location: str) -> None:
    # The log of the migration does not help a user.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # An error of SQLite is reported in one line. MLflow would print its statements.
    level = logging.CRITICAL if location.startswith("sqlite") else logging.WARNING
    logging.getLogger("mlflow.store.db.utils").setLevel(level)


@contextmanager
def _opening(location: str) -> Iterator[None]:
    try:
        with faults.reported():
            yield
    except (*faults.FAULTS, ValueError) as error:  # ValueError: the URI is not valid
        raise StoreError(
            f"opening the tracking store {without_password(location)} failed",
            received=without_password(str(error).splitlines()[0]),
            expected="Correct MLFLOW_TRACKING_URI, or move mlruns/mlflow.db away to begin a new "
            "store",
        ) from error


def experiment_id(client: MlflowClient, name: str) -> str:
    """Looks up an MLflow experiment, or creates it, and returns its id.

    An experiment that was deleted in the UI is restored without its deleted runs.
    """
    with lock():
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            return _create(client, name)
        if experiment.lifecycle_stage == "deleted":
            _restore(client, experiment)
        return str(experiment.experiment_id)


def _create(client: MlflowClient, name: str) -> str:
    folder = mlruns() / home.ARTIFACTS / names.setting([name])
    location = folder.as_uri() if is_embedded() else None
    try:
        return str(client.create_experiment(name, artifact_location=location, tags=_KIND))
    except MlflowException as error:
        # Another machine may have created it on the server since the look-up.
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return str(client.get_experiment_by_name(name).experiment_id)


def _restore(client: MlflowClient, experiment: Experiment) -> None:
    """Restores an experiment. MLflow restores all its runs with it: they are deleted again."""
    client.restore_experiment(experiment.experiment_id)
    for run in client.search_runs([experiment.experiment_id], max_results=_MOST_RUNS):
        client.delete_run(run.info.run_id)
    log(
        f"{experiment.name}: this MLflow experiment was deleted. It is restored for new runs; "
        "its earlier runs stay deleted"
    )


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

    Raises:
        StoreError: there is a file without MLflow's tables, or half of a database.
    """
    if database.exists():
        _require_tables(database)
        return
    if (log_file := Path(f"{database}-wal")).exists():
        raise StoreError(
            f"{database} is missing, but the log of its last changes is there",
            received=log_file,
            expected="Restore the database, or move this file away as well to begin a new store",
        )
    with TemporaryDirectory() as folder:
        complete = Path(folder, database.name)
        engine = utils.create_sqlalchemy_engine(f"sqlite:///{complete}")
        utils._initialize_tables(engine)
        engine.dispose()
        with replacing(database) as temporary:
            shutil.copyfile(complete, temporary)


def _require_tables(database: Path) -> None:
    """Refuses a file that MLflow would take for a new store."""
    if not database.is_file():
        raise StoreError(f"{database} is not a file", expected=_UNUSABLE)
    if database.stat().st_size == 0:
        raise StoreError(f"{database} is empty", received="0 bytes", expected=_UNUSABLE)
    with closing(sqlite.connect(str(database))) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'experiments'")
        if tables.fetchone() is None:
            raise StoreError(f"{database} is not a database of MLflow", expected=_UNUSABLE)


def _enable_write_ahead(database: Path) -> None:
    with closing(sqlite.connect(str(database))) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
