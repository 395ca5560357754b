"""Reads runs and their curves while they are written.

MLflow takes seconds to import, so an SQLite store is read directly. The connection is read-only,
and the write-ahead log of the store lets other processes write meanwhile.
"""

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from pipeline.errors import StoreError
from pipeline.layout import mlruns
from pipeline.tracking.home import DATABASE
from pipeline.tracking.processes import is_gone

# The records that are watched: trainings, sweeps and searches.
TRAINING, STUDIES = "run_key", ("sweep", "search")
_STATES = {"SCHEDULED": "paused"}
_WAITS = 1.0  # seconds, while another process creates the database


@dataclass(frozen=True)
class WatchedRun:
    """A training or a study, as the store shows it now.

    Args:
        name: the name in the list of runs.
        experiment: the name of its MLflow experiment.
        state: `running`, `paused`, `finished`, `failed` or `killed`.
        started: milliseconds since 1970.
        tags: such as `kind` of a study, and `mlflow.parentRunId` of a trial.
    """

    run_id: str
    name: str
    experiment: str
    state: str
    started: int
    tags: Mapping[str, str]

    @classmethod
    def of(
        cls,
        run_id: str,
        name: str,
        experiment: str,
        status: str,
        started: int,
        tags: Mapping[str, str],
    ) -> "WatchedRun":
        """A run with the status that MLflow has.

        A running run is killed if its process has ended, even if no other process has closed it.
        """
        state = _STATES.get(status, status.lower())
        if state == "running" and is_gone(tags):
            state = "killed"
        return cls(run_id, name, experiment, state, started, tags)

    @property
    def is_running(self) -> bool:
        return self.state == "running"

    @property
    def study(self) -> str | None:
        """`sweep` or `search` for the record of a study."""
        kind = self.tags.get("kind")
        return kind if kind in STUDIES else None

    @property
    def parent(self) -> str | None:
        """The run id of the study of a trial."""
        return self.tags.get("mlflow.parentRunId")


@dataclass(frozen=True)
class Value:
    """One value of a metric; `timestamp` is in milliseconds since 1970."""

    step: int
    value: float
    timestamp: int


@dataclass(frozen=True)
class Measured:
    """What a run has logged so far.

    Args:
        settings: as text, by dotted name.
        curves: the values of each metric, by step. Values that are not numbers are left out.
    """

    settings: Mapping[str, str]
    curves: Mapping[str, Sequence[Value]]


class Reader(Protocol):
    """Reads one store."""

    def runs(self) -> list[WatchedRun]:
        """The trainings and studies of the store, the newest first."""
        ...

    def measured(self, run_id: str) -> Measured:
        """The settings and curves of a run."""
        ...


def reader() -> Reader:
    """The reader of the store in `mlruns/`, or of the one that `MLFLOW_TRACKING_URI` names."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        return SqliteReader(mlruns() / DATABASE)
    if urlsplit(uri).scheme == "sqlite":
        return SqliteReader(Path(uri.removeprefix("sqlite:///")))
    from pipeline.tracking.server_curves import ServerReader  # it imports MLflow

    return ServerReader()


def is_watched(tags: Mapping[str, str]) -> bool:
    """Whether a record is one of a training or a study, and not of a comparison."""
    return TRAINING in tags or tags.get("kind") in STUDIES


@dataclass(frozen=True)
class SqliteReader:
    """Reads an SQLite database of MLflow. Without a database there are no runs.

    Each method raises `StoreError` if reading the database fails.
    """

    database: Path

    def runs(self) -> list[WatchedRun]:
        if not self.database.exists():
            return []
        tags: dict[str, dict[str, str]] = defaultdict(dict)
        for run_id, key, value in self._rows("SELECT run_uuid, key, value FROM tags"):
            tags[run_id][key] = value
        rows = self._rows(
            "SELECT r.run_uuid, r.name, e.name, r.status, r.start_time FROM runs r "
            "JOIN experiments e ON e.experiment_id = r.experiment_id "
            "WHERE r.lifecycle_stage = 'active' ORDER BY r.start_time DESC, r.rowid DESC"
        )
        return [
            WatchedRun.of(run_id, name, experiment, status, started, tags[run_id])
            for run_id, name, experiment, status, started in rows
            if is_watched(tags[run_id])
        ]

    def measured(self, run_id: str) -> Measured:
        settings = self._rows("SELECT key, value FROM params WHERE run_uuid = ?", run_id)
        points = self._rows(
            "SELECT key, step, value, timestamp FROM metrics WHERE run_uuid = ? AND NOT is_nan "
            "ORDER BY step, timestamp",
            run_id,
        )
        return Measured(dict(settings), by_name((name, Value(*rest)) for name, *rest in points))

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        address = f"file:{quote(str(self.database.resolve()))}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=_WAITS)) as connection:
                return connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(
                f"reading the tracking store {self.database} failed", received=error
            ) from error


def by_name(points: Iterable[tuple[str, Value]]) -> dict[str, list[Value]]:
    """The curve of each metric."""
    curves: dict[str, list[Value]] = defaultdict(list)
    for name, value in points:
        curves[name].append(value)
    return dict(curves)
