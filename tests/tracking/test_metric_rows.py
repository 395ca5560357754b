"""Metrics that are written without MLflow's client, beside those that it writes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow import MlflowClient
from mlflow.entities import Metric

from pipeline.tracking import metric_rows
from tests.support.stores import add_store

values = st.sampled_from([0.0, -1.5, 2.25, float("nan"), float("inf"), float("-inf")])
metrics = st.builds(
    Metric, st.sampled_from(["loss", "a/b"]), values, st.integers(1, 3), st.integers(0, 2)
)
batches = st.lists(st.lists(metrics, min_size=1, max_size=6), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """A database with an experiment."""
    folder = tmp_path_factory.mktemp("store")
    add_store(folder)
    return folder / "mlruns/mlflow.db"


@pytest.fixture(scope="module")
def client(store) -> MlflowClient:
    return MlflowClient(f"sqlite:///{store}")


def new_run(client: MlflowClient) -> str:
    return client.create_run("0").info.run_id


def rows(store: Path, run_id: str) -> list[list[tuple[object, ...]]]:
    """The metrics of a run and the latest of each name."""
    columns = '"key", value, timestamp, step, is_nan'
    with closing(sqlite3.connect(store)) as database:
        return [
            sorted(database.execute(f"SELECT {columns} FROM {table} WHERE run_uuid = ?", (run_id,)))
            for table in ("metrics", "latest_metrics")
        ]


@given(batches=batches)
@settings(max_examples=40)
def test_rows_are_those_of_the_client(store, client, batches):
    own, expected = new_run(client), new_run(client)
    for batch in batches:
        assert metric_rows.write(store, own, batch)
        client.log_batch(expected, metrics=batch)
    assert rows(store, own) == rows(store, expected)


def test_deleted_or_missing_run_receives_nothing(store, client):
    run_id = new_run(client)
    client.delete_run(run_id)
    metric = Metric("loss", 0.5, 1, 0)
    assert not metric_rows.write(store, run_id, [metric])
    assert not metric_rows.write(store, "0" * 32, [metric])
    assert rows(store, run_id) == rows(store, "0" * 32) == [[], []]


@pytest.mark.parametrize(
    ("uri", "database"),
    [
        ("sqlite:///mlruns/mlflow.db", Path("mlruns/mlflow.db")),
        ("sqlite:////srv/a%20b/mlflow.db", Path("/srv/a b/mlflow.db")),
        ("sqlite://", None),
        ("http://127.0.0.1:5000", None),
        ("postgresql://db/mlflow", None),
    ],
)
def test_only_files_of_sqlite_are_written_directly(uri, database):
    assert metric_rows.database_of(uri) == database
