"""Runs and curves as the watched store has them."""

import sqlite3
from contextlib import closing

import pytest

from pipeline.tracking.curves import Measured, SqliteReader, Value, WatchedRun, is_watched, reader

SCHEMA = """
CREATE TABLE experiments (experiment_id, name);
CREATE TABLE runs (run_uuid, name, experiment_id, status, start_time, lifecycle_stage);
CREATE TABLE tags (run_uuid, key, value);
CREATE TABLE params (run_uuid, key, value);
CREATE TABLE metrics (run_uuid, key, step, value, timestamp, is_nan);
INSERT INTO experiments VALUES (1, 'toy');
INSERT INTO runs VALUES ('a', 'old', 1, 'FINISHED', 10, 'active');
INSERT INTO runs VALUES ('b', 'new', 1, 'SCHEDULED', 20, 'active');
INSERT INTO runs VALUES ('c', 'deleted', 1, 'FINISHED', 30, 'deleted');
INSERT INTO runs VALUES ('d', 'compared', 1, 'FINISHED', 40, 'active');
INSERT INTO tags SELECT run_uuid, 'run_key', 'k' FROM runs WHERE run_uuid != 'd';
INSERT INTO tags VALUES ('d', 'kind', 'comparison');
INSERT INTO params VALUES ('a', 'training.epochs', '3'), ('b', 'training.epochs', '4');
INSERT INTO metrics VALUES ('a', 'loss', 2, 0.5, 7, false), ('a', 'loss', 1, 0.75, 6, false);
INSERT INTO metrics VALUES ('a', 'loss', 3, 0.0, 8, true), ('b', 'loss', 1, 9.0, 1, false);
"""


@pytest.fixture
def store(tmp_path) -> SqliteReader:
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.executescript(SCHEMA)
    return SqliteReader(tmp_path / "mlflow.db")


def test_active_trainings_are_read_and_the_newest_first(store):
    assert [(run.name, run.state, run.started) for run in store.runs()] == [
        ("new", "paused", 20),
        ("old", "finished", 10),
    ]


def test_curve_is_in_order_and_without_what_is_no_number(store):
    assert store.measured("a") == Measured(
        {"training.epochs": "3"}, {"loss": [Value(1, 0.75, 6), Value(2, 0.5, 7)]}
    )


def test_missing_database_has_no_runs(tmp_path):
    assert SqliteReader(tmp_path / "mlflow.db").runs() == []


@pytest.mark.parametrize(
    ("tags", "watched", "study"),
    [
        ({"run_key": "k"}, True, None),
        ({"kind": "sweep"}, True, "sweep"),
        ({"kind": "search"}, True, "search"),
        ({"kind": "comparison"}, False, None),
        ({}, False, None),
    ],
)
def test_trainings_and_studies_are_watched(tags, watched, study):
    assert is_watched(tags) == watched
    assert WatchedRun("a", "a", "toy", "finished", 0, tags).study == study


def test_run_whose_process_is_not_known_stays_running():
    assert WatchedRun.of("a", "a", "toy", "RUNNING", 0, {}).is_running


@pytest.mark.parametrize(
    ("uri", "database"), [("", "mlruns/mlflow.db"), ("sqlite:////some/where.db", "/some/where.db")]
)
def test_store_is_that_of_the_environment(in_empty_folder, monkeypatch, uri, database):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert reader() == SqliteReader(in_empty_folder / database)
