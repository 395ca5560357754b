"""Writes metrics into MLflow's database as its client does, without an object for each value.

A training of 200 epochs logs two thousand values. The client takes 0.2 seconds for them.
"""

import math
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mlflow.entities import Metric
from sqlalchemy import make_url

from pipeline.tracking import sqlite

_IS_ACTIVE = "SELECT 1 FROM runs WHERE run_uuid = ? AND lifecycle_stage = 'active'"
_INSERT = """INSERT OR IGNORE INTO metrics ("key", value, timestamp, run_uuid, step, is_nan)
    VALUES (?, ?, ?, ?, ?, ?)"""
_UPDATE = """INSERT INTO latest_metrics ("key", value, timestamp, run_uuid, step, is_nan)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT ("key", run_uuid) DO UPDATE
    SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step,
        is_nan = excluded.is_nan
    WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)"""

_Row = tuple[str, float, int, str, int, bool]


def database_of(uri: str) -> Path | None:
    """The file of a tracking URI that names a database of SQLite; None for another store."""
    if not uri.startswith("sqlite"):
        return None
    database = make_url(uri).database
    return Path(database) if database else None


def write(database: Path, run_id: str, metrics: Sequence[Metric]) -> bool:
    """Writes metrics in one transaction. Values that the run has already are left out.

    Returns:
        False if the run is missing or deleted. Nothing is written then.
    """
    rows = [_row(run_id, metric) for metric in metrics]
    latest: dict[str, _Row] = {}
    for row in rows:
        if row[0] not in latest or _recency(row) > _recency(latest[row[0]]):
            latest[row[0]] = row
    with closing(sqlite.connect(str(database))) as store:
        store.execute("BEGIN IMMEDIATE")  # later, SQLite could not wait for the lock
        if store.execute(_IS_ACTIVE, (run_id,)).fetchone() is None:
            return False
        cursor = store.cursor()
        cursor.executemany(_INSERT, rows)
        cursor.executemany(_UPDATE, latest.values())
        store.commit()
    return True


def _recency(row: _Row) -> tuple[int, int, float]:
    """What MLflow compares to find the latest value."""
    _, value, timestamp, _, step, _ = row
    return step, timestamp, value


def _row(run_id: str, metric: Metric) -> _Row:
    """The row of a value. The columns of MLflow hold neither NaN nor infinity."""
    is_nan, largest = math.isnan(metric.value), sys.float_info.max
    value = 0.0 if is_nan else max(-largest, min(largest, float(metric.value)))
    return metric.key, value, metric.timestamp, run_id, metric.step, is_nan
