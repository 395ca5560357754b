"""Checks without MLflow that the embedded store holds all of a finished run.

Importing MLflow and opening the store take seconds. This answer is enough when a command repeats a
finished run. Anything unusual counts as incomplete: opening the store repairs or reports it.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.layout import mlruns
from pipeline.tracking import home, sqlite
from pipeline.tracking.names import SETTINGS

_READY = 2  # the status of a model in MLflow's database
_MODEL_FILE = "MLmodel"
_RUNNING = "SELECT 1 FROM runs WHERE status = 'RUNNING'"
_RUN = """SELECT artifact_uri FROM runs
    WHERE run_uuid = ? AND status = 'FINISHED' AND lifecycle_stage = 'active'"""
_MODEL = """SELECT artifact_location FROM logged_models JOIN inputs ON destination_id = model_id
    WHERE source_type = 'RUN_OUTPUT' AND destination_type = 'MODEL_OUTPUT'
    AND source_id = ? AND step = ? AND status = ? AND lifecycle_stage = 'active'"""


def is_complete(run_id: str, *, model_step: int | None) -> bool:
    """Whether the store surely has the run, with its settings and its model.

    It is False for a store of another folder, and for one with a RUNNING run: a dead process may
    have left it.

    Args:
        model_step: the step of the model; None if the run logs none.
    """
    database = mlruns() / home.DATABASE
    if os.environ.get("MLFLOW_TRACKING_URI") or not database.is_file():
        return False
    try:
        if home.has_moved(database):
            return False
        with closing(sqlite.connect(str(database))) as store:
            if store.execute(_RUNNING).fetchone() or not _has(store, SETTINGS, _RUN, run_id):
                return False
            return model_step is None or _has(
                store, _MODEL_FILE, _MODEL, run_id, model_step, _READY
            )
    except sqlite3.Error:
        return False


def _has(store: sqlite.PatientConnection, file: str, query: str, *values: str | int) -> bool:
    """Whether a file is in the folder that a query returns."""
    uris = [urlsplit(uri) for (uri,) in store.execute(query, values)]
    return any((Path(unquote(uri.path)) / file).is_file() for uri in uris)
