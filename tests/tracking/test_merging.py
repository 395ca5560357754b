"""Two stores that become one, in real SQLite databases."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.evaluation import looks
from pipeline.evaluation.looks import Look
from pipeline.runs.record import RunRecord
from pipeline.tracking import connection, merging
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import Measurement, RunFacts
from tests.support.metas import table
from tests.support.refusals import refusal
from tests.support.stores import add_store


@contextmanager
def inside(folder: Path) -> Iterator[Path]:
    """Works in a project with a store."""
    folder.mkdir(exist_ok=True)
    add_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow sets it to the last store
        yield folder


def recorded(name: str, *, key: str, loss: float, digest: str = "1" * 64) -> str:
    """A finished run in the store of the current folder."""
    raw = {"source": "rows", "digests": {"data.csv": digest}}
    facts = RunFacts(name, {"seed": 1}, {"run_key": key}, table(), Path("data"), b"", {"raw": raw})
    with STORE.open_run(facts) as tracker:
        tracker.log_metrics([Measurement(1, 1000, {"train/loss": loss})])
    result = Path("mlruns/checkpoints", key, "result")
    result.mkdir(parents=True)
    (result / "history.csv").write_text(f"{loss}\n", encoding="utf-8")
    RunRecord(tracker.run_id, key, "f", "", {}, {}, [], {}).write(result)
    looks.record(
        Look(
            purpose="evaluate",
            run_id=tracker.run_id,
            data="rows",
            split="s",
            truth="t",
            rows=3,
            models={"1": key},
            shown=["accuracy"],
        )
    )
    return tracker.run_id


def merged(folder: Path, *others: Path) -> str:
    """The content of a store after merging others into it."""
    with inside(folder):
        for other in others:
            merging.merge(other / "mlruns")
        return merging.content()


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> dict[str, Path]:
    """Three stores: `one` and `two` have an experiment of the same name, `three` is a copy."""
    home = tmp_path_factory.mktemp("stores")
    with inside(home / "one"):
        recorded("iris", key="a", loss=0.5)
        recorded("digits", key="b", loss=0.25)
    with inside(home / "two"):
        recorded("digits", key="c", loss=0.125, digest="9" * 64)
        recorded("iris", key="d", loss=0.0625)
    shutil.copytree(home / "one", home / "three")
    with inside(home / "three"):
        recorded("flats", key="e", loss=1.0)
    return {name: home / name for name in ("one", "two", "three")}


def copies(stores: dict[str, Path], folder: Path) -> list[Path]:
    return [shutil.copytree(path, folder / path.name) for path in stores.values()]


def test_every_run_is_there_with_its_points(stores, tmp_path):
    one, two, _ = copies(stores, tmp_path)
    merged(one, two)
    with inside(one):
        client = connection.client()
        experiments = [found.experiment_id for found in client.search_experiments()]
        runs = client.search_runs(experiments)
        by_key = {run.data.tags["run_key"]: run for run in runs}
        assert {key: run.data.metrics["train/loss"] for key, run in by_key.items()} == {
            "a": 0.5,
            "b": 0.25,
            "c": 0.125,
            "d": 0.0625,
        }
        names = {client.get_experiment(run.info.experiment_id).name for run in runs}
        assert names == {"iris", "digits"}
        [point] = client.get_metric_history(by_key["c"].info.run_id, "train/loss")
        assert (point.step, point.timestamp) == (1, 1000)


def test_files_are_found_in_the_store_that_they_came_into(stores, tmp_path):
    one, two, _ = copies(stores, tmp_path)
    merged(one, two)
    shutil.rmtree(two)
    with inside(one):
        client = connection.client()
        experiment = client.get_experiment_by_name("digits").experiment_id
        for run in client.search_runs([experiment]):
            content = client.download_artifacts(run.info.run_id, "lineage.json", str(tmp_path))
            assert json.loads(Path(content).read_text(encoding="utf-8"))["raw"]["source"] == "rows"


def test_run_is_found_by_the_digest_of_a_raw_file(stores, tmp_path):
    one, two, _ = copies(stores, tmp_path)
    merged(one, two)
    with inside(one):
        client = connection.client()
        experiments = [found.experiment_id for found in client.search_experiments()]
        found = client.search_runs(experiments, f"datasets.digest = '{'9' * 32}'")
    assert [run.data.tags["run_key"] for run in found] == ["c"]


def test_any_order_gives_one_content(stores, tmp_path):
    contents = set()
    for number, order in enumerate([(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        places = copies(stores, folder)
        first, *others = [places[place] for place in order]
        contents.add(merged(first, *others))
    assert len(contents) == 1


def test_second_merge_changes_nothing(stores, tmp_path):
    one, two, _ = copies(stores, tmp_path)
    before = merged(one, two)
    with inside(one):
        again = merging.merge(two / "mlruns")
    assert (again.runs, again.models, again.files, again.content) == (0, 0, 0, before)


def test_results_and_looks_are_merged(stores, tmp_path):
    one, two, three = copies(stores, tmp_path)
    merged(one, two, three)
    results = {path.parent.parent.name for path in one.glob("mlruns/checkpoints/*/result/*.csv")}
    assert results == {"a", "b", "c", "d", "e"}
    with inside(one):
        assert len(looks.read().looks) == 5


def test_run_that_went_on_in_a_copy_is_the_later_one(stores, tmp_path):
    one, _, three = copies(stores, tmp_path)
    with inside(three):
        client = connection.client()
        experiment = client.get_experiment_by_name("iris").experiment_id
        [run] = client.search_runs([experiment])
        later = run.info.end_time + 5000
        client.log_metric(run.info.run_id, "train/loss", 0.375, step=2)
        client.update_run(run.info.run_id, status="FINISHED", name="renamed")
        with connection.sqlite.connect("mlruns/mlflow.db") as store:
            store.execute(
                "UPDATE runs SET end_time = ? WHERE run_uuid = ?", (later, run.info.run_id)
            )
    for order in ([one, three], [three, one]):
        merged(*order)
        with inside(order[0]):
            now = connection.client().get_run(run.info.run_id)
            assert (now.info.end_time, now.info.run_name) == (later, "renamed")
            assert now.data.metrics["train/loss"] == 0.375


def test_moved_store_is_merged(stores, tmp_path):
    one, two, _ = copies(stores, tmp_path)
    two = two.rename(tmp_path / "elsewhere")
    assert merged(one, two)
    with inside(one):
        client = connection.client()
        uris = {
            run.info.artifact_uri
            for found in client.search_experiments()
            for run in client.search_runs([found.experiment_id])
        }
    assert all(uri.startswith(one.as_uri()) for uri in uris)


def test_folder_without_a_store_is_refused(stores, tmp_path):
    [one, *_] = copies(stores, tmp_path)
    with inside(one):
        assert refusal(merging.merge, tmp_path).startswith(f"{tmp_path}/mlflow.db is missing")
        message = refusal(merging.merge, Path("mlruns"))
    assert message.startswith("this is the store of this project")


def test_server_is_not_merged_into(stores, tmp_path, monkeypatch):
    one, two, _ = copies(stores, tmp_path)
    with inside(one):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        message = refusal(merging.merge, two / "mlruns")
    assert message.startswith("only the store in mlruns/ can be merged into")


def test_two_meanings_of_a_version_are_refused(stores, tmp_path):
    one, two, _ = copies(stores, tmp_path)
    for folder in (one, two):
        with inside(folder):
            client = connection.client()
            client.create_registered_model("flowers")
            experiment = client.get_experiment_by_name("iris").experiment_id
            [run] = client.search_runs([experiment])
            client.create_model_version("flowers", f"{run.info.artifact_uri}/x", run.info.run_id)
    with inside(one):
        message = refusal(merging.merge, two / "mlruns")
    assert message.startswith("both stores have the version 1 of the registered model flowers")
