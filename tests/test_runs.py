"""Runs in a real embedded MLflow: what is logged, and how they end."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pytest
import yaml
from mlflow import MlflowClient

from pipeline.config import model
from pipeline.config.tracking import Store
from pipeline.errors import PipelineError
from pipeline.models import families, serving
from pipeline.tracking import runs, store
from pipeline.tracking.tracker import MemoryTracker, RunFacts, open_in_memory
from tests import pinned  # noqa: F401
from tests.facts import images, regression, table

SETTINGS = {
    "name": "toy",
    "data": {"name": "shapes", "split": {"test": 0.2, "seed": 42}},
    "model": {"units": [5, 4], "layers": [], "ratios": {}},
    "training": {"steps": None, "threads": 2},
}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """One store for all tests of this module: making it takes seconds."""
    folder = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield folder


@pytest.fixture(scope="module")
def client(here) -> MlflowClient:
    return store.client()


def facts(name: str = "toy", patch: str = "", meta=None) -> RunFacts:
    return RunFacts(name, SETTINGS, {"run_key": "k", "data": "shapes"}, meta or images(), Path("data/prepared/shapes"), patch)


def finished(**given) -> str:
    with runs.open_in_mlflow(facts(**given)) as tracker:
        return tracker.run_id


def ended_by(error: BaseException) -> str:
    """The id of a run whose block raises."""

    def body(ids: list[str]) -> None:
        with runs.open_in_mlflow(facts()) as tracker:
            ids.append(tracker.run_id)
            raise error

    ids: list[str] = []
    with pytest.raises(type(error)):
        body(ids)
    return ids[0]


def test_a_run_belongs_to_the_experiment_of_its_name(client):
    run = client.get_run(finished(name="toy_mlp"))
    assert client.get_experiment(run.info.experiment_id).name == "toy_mlp"
    assert run.info.run_name == "toy_mlp"


def test_a_run_has_its_settings_by_dotted_names(client):
    assert client.get_run(finished()).data.params == {
        "name": "toy",
        "data.name": "shapes",
        "data.split.test": "0.2",
        "data.split.seed": "42",
        "model.units": "[5, 4]",
        "model.layers": "[]",
        "model.ratios": "{}",
        "training.steps": "null",
        "training.threads": "2",
    }


def test_a_run_has_its_tags(client):
    tags = client.get_run(finished()).data.tags
    assert (tags["run_key"], tags["data"]) == ("k", "shapes")


def test_a_run_keeps_its_settings_as_a_file(client):
    run_id = finished()
    local = client.download_artifacts(run_id, "config.yaml")
    assert yaml.safe_load(Path(local).read_text()) == SETTINGS


def test_a_run_keeps_the_patch_of_a_dirty_tree(client):
    run_id = finished(patch="+one = 2\n")
    assert Path(client.download_artifacts(run_id, "diff.patch")).read_text() == "+one = 2\n"


def test_a_run_on_a_clean_tree_keeps_no_patch(client):
    assert [file.path for file in client.list_artifacts(finished())] == ["config.yaml"]


def test_a_run_lists_the_data_it_was_trained_on(client):
    inputs = client.get_run(finished()).inputs.dataset_inputs
    found = {entry.dataset.name: (entry.dataset.digest, entry.tags[0].value) for entry in inputs}
    assert found == {"toy/train": ("1" * 32, "training"), "toy/validation": ("2" * 32, "validation")}


def test_a_data_set_has_shape_rows_and_place(client):
    (train,) = [
        entry.dataset for entry in client.get_run(finished()).inputs.dataset_inputs if entry.dataset.name == "toy/train"
    ]
    assert json.loads(train.profile) == {"num_rows": 36}
    assert json.loads(train.source) == {"uri": "data/prepared/shapes/train"}


def test_runs_are_found_by_the_digest_of_their_data(client):
    run_id = finished(name="by_digest")
    experiment = client.get_experiment_by_name("by_digest").experiment_id
    found = client.search_runs([experiment], f"datasets.digest = '{'1' * 32}'")
    assert [run.info.run_id for run in found] == [run_id]
    assert list(client.search_runs([experiment], f"datasets.digest = '{'8' * 32}'")) == []


def test_metrics_are_logged_at_their_steps(client):
    with runs.open_in_mlflow(facts()) as tracker:
        tracker.log_metrics({"train/loss": 0.5, "epoch": 1.0}, step=10)
        tracker.log_metrics({"train/loss": 0.25}, step=20)
    points = client.get_metric_history(tracker.run_id, "train/loss")
    assert [(point.step, point.value) for point in points] == [(10, 0.5), (20, 0.25)]


def test_a_run_that_ended_well_is_finished(client):
    assert client.get_run(finished()).info.status == "FINISHED"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError(), "FAILED"),
        (PipelineError("no"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(143), "KILLED"),
    ],
)
def test_a_run_says_how_it_ended(client, error, status):
    assert client.get_run(ended_by(error)).info.status == status


def test_a_file_is_kept_in_its_folder(client, tmp_path):
    (tmp_path / "curve.png").write_text("x")
    with runs.open_in_mlflow(facts()) as tracker:
        tracker.log_file(tmp_path / "curve.png", folder="figures")
    assert [file.path for file in client.list_artifacts(tracker.run_id, "figures")] == ["figures/curve.png"]


@pytest.fixture(scope="module")
def logged(client):
    """A run with a model of images: its id, its model, and what was logged of it."""
    served = serving.serve(families.build(model.Linear(), images(), seed=1), images())
    with runs.open_in_mlflow(facts(name="with_model")) as tracker:
        tracker.log_model(served, images(), step=7)
    experiment = client.get_experiment_by_name("with_model").experiment_id
    (found,) = client.search_logged_models([experiment])
    return tracker.run_id, served, found


def test_a_model_belongs_to_its_run_and_step(client, logged):
    run_id, _, found = logged
    assert found.source_run_id == run_id
    (output,) = client.get_run(run_id).outputs.model_outputs
    assert (output.model_id, output.step) == (found.model_id, 7)


def test_a_model_lies_under_the_artifacts_of_its_experiment(here, logged):
    assert logged[2].artifact_location.startswith(f"{here}/mlruns/artifacts/with_model/") or logged[
        2
    ].artifact_location.startswith(f"file://{here}/mlruns/artifacts/with_model/")


def test_a_model_pins_its_requirements(logged):
    folder = Path(mlflow.artifacts.download_artifacts(logged[2].model_uri))
    lines = (folder / "requirements.txt").read_text().splitlines()
    assert [line.split("==")[0] for line in lines] == ["mlflow", "keras", "numpy", "tensorflow"]
    assert all("==" in line for line in lines)


@pytest.mark.parametrize("flavour", [mlflow.pyfunc, mlflow.keras])
def test_a_logged_model_predicts_what_it_predicted_before(logged, flavour):
    _, served, found = logged
    pixels = np.random.default_rng(0).integers(0, 256, size=(4, 8, 8, 1)).astype(np.uint8)
    loaded = flavour.load_model(found.model_uri)
    assert loaded.predict(pixels) == pytest.approx(np.array(served(pixels)), abs=1e-6)


def test_the_signature_of_images_is_a_tensor_of_pixels():
    given = runs.signature(images())
    assert [(spec.type, spec.shape) for spec in given.inputs] == [(np.dtype("uint8"), (-1, 8, 8, 1))]
    assert [(spec.type, spec.shape) for spec in given.outputs] == [(np.dtype("float32"), (-1, 3))]


@pytest.mark.parametrize("meta", [table(), regression()])
def test_the_signature_of_a_table_is_a_tensor_for_each_column(meta):
    given = runs.signature(meta)
    assert [(spec.name, spec.type, spec.shape) for spec in given.inputs] == [
        ("x0", np.dtype("float64"), (-1, 1)),
        ("x1", np.dtype("float64"), (-1, 1)),
    ]
    assert [spec.shape for spec in given.outputs] == [(-1, 1)]


def evaluate(run_id: str, folder: Path, kind: Store = Store.mlflow) -> None:
    (folder / "figures").mkdir(exist_ok=True)
    for name in ("metrics.json", "history.csv", "figures/curve.png"):
        (folder / name).write_text("x")
    by_step = {5: {"accuracy": 0.5}, 9: {"accuracy": 0.75}}
    intervals = {"accuracy": (0.7, 0.8)}
    runs.log_evaluation(kind, run_id, by_step=by_step, intervals=intervals, output=folder, meta=images(), data_folder=folder)


def test_an_evaluation_is_added_to_the_run_that_trained(client, tmp_path):
    run_id = finished()
    evaluate(run_id, tmp_path)
    run = client.get_run(run_id)
    assert run.data.metrics == {"test/accuracy": 0.75}
    assert run.data.tags["test/accuracy.interval_95"] == "0.7 to 0.8"
    assert run.info.status == "FINISHED"
    tested = [entry for entry in run.inputs.dataset_inputs if entry.dataset.name == "toy/test"]
    assert [(entry.dataset.digest, entry.tags[0].value) for entry in tested] == [("3" * 32, "testing")]
    assert {file.path for file in client.list_artifacts(run_id)} == {"config.yaml", "figures", "history.csv", "metrics.json"}


def test_evaluating_again_logs_no_point_twice(client, tmp_path):
    run_id = finished()
    evaluate(run_id, tmp_path)
    evaluate(run_id, tmp_path)
    points = client.get_metric_history(run_id, "test/accuracy")
    assert [(point.step, point.value) for point in points] == [(5, 0.5), (9, 0.75)]
    names = [entry.dataset.name for entry in client.get_run(run_id).inputs.dataset_inputs]
    assert sorted(names) == ["toy/test", "toy/train", "toy/validation"]


def test_an_evaluation_needs_the_run_in_the_store(here, client, tmp_path):
    with pytest.raises(PipelineError) as caught:
        evaluate("0" * 32, tmp_path)
    assert str(caught.value) == (
        f"the tracking store sqlite:///{here}/mlruns/mlflow.db does not have the run of this model. "
        f"Received: {'0' * 32}. Train it again with: dvc repro --force <stage>."
    )


def test_an_evaluation_of_a_run_in_memory_is_logged_nowhere(client, tmp_path):
    evaluate("0" * 32, tmp_path, kind=Store.memory)
    assert not runs.exists(client, "0" * 32)


def test_missing_and_deleted_runs_are_told_from_those_that_are_there(client):
    kept, deleted = finished(), finished()
    client.delete_run(deleted)
    assert runs.missing_runs({"kept": kept, "deleted": deleted, "unknown": "0" * 32}) == ["deleted", "unknown"]


def test_the_settings_choose_where_a_run_is_kept():
    assert runs.open_run(Store.memory) is open_in_memory
    assert runs.open_run(Store.mlflow) is runs.open_in_mlflow


def test_the_record_in_memory_holds_what_was_logged():
    with open_in_memory(facts()) as tracker:
        tracker.log_metrics({"loss": 0.5}, step=1)
        tracker.log_metrics({"loss": 0.25}, step=2)
        tracker.log_file(Path("a/curve.png"), folder="figures")
        tracker.log_file(Path("metrics.json"))
        tracker.log_model(None, images(), step=2)
        tracker.set_tag("kind", "toy")
    assert tracker == MemoryTracker(
        facts=facts(),
        run_id=tracker.run_id,
        metrics={"loss": {1: 0.5, 2: 0.25}},
        tags={"kind": "toy"},
        files=["figures/curve.png", "metrics.json"],
        models=[2],
        status="FINISHED",
    )


@pytest.mark.parametrize(("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED"), (SystemExit, "KILLED")])
def test_the_record_in_memory_says_how_it_ended(error, status):
    def body(records: list[MemoryTracker]) -> None:
        with open_in_memory(facts()) as tracker:
            records.append(tracker)
            raise error

    records: list[MemoryTracker] = []
    with pytest.raises(error):
        body(records)
    assert records[0].status == status
