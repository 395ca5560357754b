"""Copies of an empty MLflow store, because MLflow takes seconds to create one."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.tracking import connection

_FOLDER = TemporaryDirectory()  # it is removed when this process ends


@cache
def _empty() -> Path:
    database = Path(_FOLDER.name, "mlflow.db")
    connection.create_database(database)
    return database


def add_store(folder: Path) -> None:
    """Gives a repository an empty store, as its first run would create it."""
    database = folder / "mlruns/mlflow.db"
    if not database.exists():
        database.parent.mkdir(exist_ok=True)
        shutil.copy(_empty(), database)
