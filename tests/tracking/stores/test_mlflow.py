"""Runs in a real embedded MLflow: what is logged, how they end, and how they resume."""

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import keras
import mlflow
import numpy as np
import pytest
import yaml
from mlflow import MlflowClient

from pipeline.errors import PipelineError
from pipeline.files import read_sealed
from pipeline.models import families, serving
from pipeline.models.families.linear import Linear
from pipeline.runs import result
from pipeline.tracking import connection, home, stores
from pipeline.tracking.evaluation import log_evaluation
from pipeline.tracking.facts import log_data_set
from pipeline.tracking.stores.memory import MemoryStore
from pipeline.tracking.stores.mlflow import MlflowStore
from pipeline.tracking.tracker import Measurement, RunFacts
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.cards import card_of
from tests.support.metas import images
from tests.support.refusals import refusal
from tests.support.results import write_history

MLFLOW = MlflowStore()
SETTINGS = {
    "name": "toy",
    "data": {"name": "shapes", "split": {"test": 0.2, "seed": 42}},
    "model": {"units": [5, 4], "layers": [], "ratios": {}},
    "training": {"steps": None, "threads": 2},
}


def facts(
    name: str = "toy", key: str | None = None, patch: bytes = b"", settings=SETTINGS, **tags
) -> RunFacts:
    """Facts of another training each time, unless `key` is set."""
    tags = {"run_key": key or uuid4().hex, "data": "shapes"} | tags
    return RunFacts(name, settings, tags, images(), Path("data/prepared/shapes"), patch)


def finished(run_facts: RunFacts | None = None, **options) -> str:
    with MLFLOW.open_run(run_facts or facts(), **options) as tracker:
        return tracker.run_id


def ended_by(error: BaseException, run_facts: RunFacts | None = None, measured=()) -> str:
    """The id of a run with a block that raises an error."""

    def body(ids: list[str]) -> None:
        with MLFLOW.open_run(run_facts or facts()) as tracker:
            ids.append(tracker.run_id)
            tracker.log_metrics(measured)
            raise error

    ids: list[str] = []
    with pytest.raises(type(error)):
        body(ids)
    return ids[0]


def killed(run_facts: RunFacts, measured=()) -> str:
    return ended_by(SystemExit(143), run_facts, measured)


def loss(step: int, value: float, timestamp: int = 1_000) -> Measurement:
    return Measurement(step, timestamp, {"loss": value})


def rows(run_id: str) -> list[tuple[str, int, float, int]]:
    """The metrics of a run in the database."""
    with closing(sqlite3.connect("mlruns/mlflow.db")) as connection:
        points = connection.execute(
            "SELECT key, step, value, timestamp FROM metrics"
            " WHERE run_uuid = ? ORDER BY key, step, timestamp",
            (run_id,),
        )
        return list(points)


def artifact(client: MlflowClient, run_id: str, name: str) -> str:
    return Path(client.download_artifacts(run_id, name)).read_text()


def test_run_belongs_to_its_experiment(client):
    run = client.get_run(finished(facts("toy_mlp")))
    assert client.get_experiment(run.info.experiment_id).name == "toy_mlp"
    assert run.info.run_name == "toy_mlp"


def test_run_has_its_settings_by_dotted_names(client):
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


def test_settings_of_any_name_are_logged(client):
    weights = {">50K": 3.0, "<=50K": 1.0, "1.5": 2.0, "x" * 300: 1.0, "": 0.5}
    settings = {"training": {"class_weight": weights}}
    run_id = finished(facts(settings=settings))
    params = client.get_run(run_id).data.params
    assert sorted(params.values()) == ["0.5", "1.0", "1.0", "2.0", "3.0"]
    assert params["training.class_weight.:3E:50K"] == "3.0"
    assert params["training.class_weight.:3C::3D:50K"] == "1.0"
    assert yaml.safe_load(artifact(client, run_id, "config.yaml")) == settings


def test_metrics_and_tags_of_any_name_are_logged(client):
    with MLFLOW.open_run(facts(**{"note>": "x" * 9000})) as tracker:
        tracker.log_metrics([Measurement(1, 1_000, {"recall@5": 0.5, "recall>5": 0.25})])
        tracker.set_tag("who?", "me")
    data = client.get_run(tracker.run_id).data
    assert data.metrics == {"recall:40:5": 0.5, "recall:3E:5": 0.25}
    assert (data.tags["who:3F:"], len(data.tags["note:3E:"])) == ("me", 8000)


@pytest.mark.parametrize("name", ["a/b", "../up", "it's", 'say "x"', "50% off?", "x" * 300])
def test_experiment_of_any_name_keeps_its_files_below_the_store(here, client, name):
    run_id = finished(facts(name))
    assert client.get_experiment(client.get_run(run_id).info.experiment_id).name == name
    (file,) = here.rglob(f"{run_id}/artifacts/config.yaml")
    assert file.parents[3] == here / "mlruns" / "artifacts"


def test_deleted_experiment_is_restored_without_its_runs(client, capsys):
    deleted = finished(facts("cleaned_up"))
    client.delete_experiment(client.get_run(deleted).info.experiment_id)
    new = finished(facts("cleaned_up"))
    stages = [client.get_run(run_id).info.lifecycle_stage for run_id in (deleted, new)]
    assert stages == ["deleted", "active"]
    assert capsys.readouterr().err == (
        "cleaned_up: this MLflow experiment was deleted. It is restored for new runs; "
        "its earlier runs stay deleted\n"
    )


def test_run_never_ends_before_it_starts(client):
    toy = facts("set_back")
    run_id = client.create_run(
        connection.experiment_id(client, "set_back"), tags=toy.tags, start_time=4_102_444_800_000
    ).info.run_id
    assert finished(toy) == run_id
    assert client.get_run(run_id).info.end_time == 4_102_444_800_000


def test_run_has_its_tags(client):
    tags = client.get_run(finished(facts(key="k"))).data.tags
    assert (tags["run_key"], tags["data"]) == ("k", "shapes")


def test_run_keeps_its_settings_as_a_file(client):
    assert yaml.safe_load(artifact(client, finished(), "config.yaml")) == SETTINGS


def test_run_has_the_bytes_of_the_patch(client):
    patch = b"+gr\xfcn\r\n+\0\n"
    run_id = finished(facts(patch=patch))
    assert Path(client.download_artifacts(run_id, "diff.patch")).read_bytes() == patch


def test_run_on_a_clean_tree_has_no_patch(client):
    assert [file.path for file in client.list_artifacts(finished())] == ["config.yaml"]


def test_run_lists_its_training_data(client):
    inputs = client.get_run(finished()).inputs.dataset_inputs
    data_sets = {
        entry.dataset.name: (entry.dataset.digest, entry.tags[0].value) for entry in inputs
    }
    assert data_sets == {
        "toy/train": ("1" * 32, "training"),
        "toy/validation": ("2" * 32, "validation"),
    }


def test_data_set_has_shape_rows_and_place(client):
    (train,) = [
        entry.dataset
        for entry in client.get_run(finished()).inputs.dataset_inputs
        if entry.dataset.name == "toy/train"
    ]
    assert json.loads(train.profile) == {"num_rows": 36}
    assert json.loads(train.source) == {"uri": "data/prepared/shapes/train"}


def test_runs_can_add_a_data_set_in_parallel(client):
    experiment = connection.experiment_id(client, "at_once")
    ids = [client.create_run(experiment).info.run_id for _ in range(8)]
    start = Barrier(8, timeout=30)

    def log(run_id: str) -> list[str]:
        start.wait()
        log_data_set(client, run_id, images(), "train", Path("data"))
        return [entry.dataset.name for entry in client.get_run(run_id).inputs.dataset_inputs]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(log, ids)) == [["toy/train"]] * 8


def test_data_digest_finds_runs(client):
    run_id = finished(facts("by_digest"))
    experiment = client.get_experiment_by_name("by_digest").experiment_id
    runs = client.search_runs([experiment], f"datasets.digest = '{'1' * 32}'")
    assert [run.info.run_id for run in runs] == [run_id]
    assert list(client.search_runs([experiment], f"datasets.digest = '{'8' * 32}'")) == []


def test_metrics_are_logged_at_their_steps(client):
    with MLFLOW.open_run(facts()) as tracker:
        tracker.log_metrics(
            [Measurement(10, 1_000, {"loss": 0.5, "epoch": 1.0}), loss(20, 0.25, timestamp=2_000)]
        )
    assert rows(tracker.run_id) == [
        ("epoch", 10, 1.0, 1_000),
        ("loss", 10, 0.5, 1_000),
        ("loss", 20, 0.25, 2_000),
    ]


def test_more_metrics_than_a_batch_holds_are_logged(client):
    with MLFLOW.open_run(facts()) as tracker:
        tracker.log_metrics([loss(step, 0.5) for step in range(1001)])
    assert [step for _, step, _, _ in rows(tracker.run_id)] == list(range(1001))


def test_name_and_step_are_logged_once(client):
    with MLFLOW.open_run(facts()) as tracker:
        tracker.log_metrics([loss(1, 0.5), loss(1, 0.25)])
        tracker.log_metrics([loss(1, 0.125, timestamp=2_000)])
    assert rows(tracker.run_id) == [("loss", 1, 0.5, 1_000)]


def test_run_without_an_error_is_finished(client):
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
def test_status_says_how_the_run_ended(client, error, status):
    assert client.get_run(ended_by(error)).info.status == status


def test_file_is_stored_in_its_folder(client, tmp_path):
    (tmp_path / "curve.png").write_text("x")
    with MLFLOW.open_run(facts()) as tracker:
        tracker.log_file(tmp_path / "curve.png", folder="figures")
    assert [file.path for file in client.list_artifacts(tracker.run_id, "figures")] == [
        "figures/curve.png"
    ]


@pytest.fixture(scope="module")
def result_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("result")


def saved(model: keras.Model, folder: Path) -> None:
    """Writes what a run would write of its model."""
    card = card_of(images(), step=7)
    result.save_model(model, folder / "model.keras", card)
    (folder / "model.json").write_text(card.text())
    write_history(folder, step=7, loss=0.5)


def figures_of_history(step: int, loss: float) -> Measurement:
    """What `write_history` holds."""
    return Measurement(step, 1_000, {"train/loss": loss, "validation/loss": loss})


@pytest.fixture(scope="module")
def logged_run(client, result_folder):
    """A run with a model of images: its id, its model, and what was logged of it."""
    served = serving.serve(families.build(Linear(), images(), seed=1), images())
    saved(served, result_folder)
    with MLFLOW.open_run(facts("with_model")) as tracker:
        tracker.log_metrics([figures_of_history(7, 0.5)])
        tracker.log_model(result_folder, step=7)
    experiment = client.get_experiment_by_name("with_model").experiment_id
    (logged_model,) = client.search_logged_models([experiment])
    return tracker.run_id, served, logged_model


def test_model_belongs_to_its_run_and_step(client, logged_run):
    run_id, _, logged_model = logged_run
    assert logged_model.source_run_id == run_id
    (output,) = client.get_run(run_id).outputs.model_outputs
    assert (output.model_id, output.step) == (logged_model.model_id, 7)


def test_model_is_an_artifact_of_its_experiment(here, logged_run):
    location = logged_run[2].artifact_location.removeprefix("file://")
    assert location.startswith(f"{here}/mlruns/artifacts/with_model/")


def test_model_pins_its_requirements(logged_run):
    folder = Path(mlflow.artifacts.download_artifacts(logged_run[2].model_uri))
    lines = (folder / "requirements.txt").read_text().splitlines()
    assert [line.split("==")[0] for line in lines] == [
        "mlflow",
        "keras",
        "numpy",
        "pandas",
        "tensorflow",
    ]
    assert all("==" in line for line in lines)


PIXELS = np.random.default_rng(0).integers(0, 256, size=(4, 8, 8, 1)).astype(np.uint8)


def test_logged_keras_model_predicts_what_it_predicted_before(logged_run):
    _, served, logged_model = logged_run
    loaded = mlflow.keras.load_model(logged_model.model_uri)
    assert loaded.predict(PIXELS) == pytest.approx(np.array(served(PIXELS)), abs=1e-6)


def test_logged_function_answers_with_classes_and_probabilities(logged_run):
    _, served, logged_model = logged_run
    answer = mlflow.pyfunc.load_model(logged_model.model_uri).predict(PIXELS)
    expected = np.array(served(PIXELS))
    assert list(answer) == ["prediction", "probability_a", "probability_b", "probability_c"]
    assert answer["prediction"].tolist() == ["abc"[number] for number in expected.argmax(axis=1)]
    assert answer.iloc[:, 1:].to_numpy() == pytest.approx(expected, abs=1e-6)


def test_logged_file_is_the_saved_one(logged_run, result_folder):
    folder = Path(mlflow.artifacts.download_artifacts(logged_run[2].model_uri))
    logged = folder / "data/keras/model.keras"
    assert logged.read_bytes() == (result_folder / "model.keras").read_bytes()


def test_model_adds_no_metric(logged_run):
    names = ("train/loss", "validation/loss")
    assert rows(logged_run[0]) == [(name, 7, 0.5, 1_000) for name in names]


def test_model_has_the_figures_of_its_step(logged_run):
    figures = {figure.key: figure.value for figure in logged_run[2].metrics}
    assert figures == {"train/loss": 0.5, "validation/loss": 0.5}


def test_model_is_logged_once(client, logged_run, result_folder):
    run_id, _, logged_model = logged_run
    with MLFLOW.open_run(facts("with_model"), run_id=run_id) as tracker:
        tracker.log_model(result_folder, step=7)
    assert [model.model_id for model in models(client, run_id)] == [logged_model.model_id]


@pytest.fixture
def copied_store(here, tmp_path, monkeypatch):
    """The database in a copy of the project, the current folder. No run there is RUNNING."""
    shutil.copytree(here / "mlruns", tmp_path / "mlruns")
    monkeypatch.chdir(tmp_path)
    database = tmp_path / "mlruns/mlflow.db"
    with closing(sqlite3.connect(database)) as store, store:
        store.execute("UPDATE runs SET status = 'KILLED' WHERE status = 'RUNNING'")
    return database


@pytest.fixture
def settled_store(copied_store):
    """The same after an opening: its locations are those of the copy."""
    home.settle(copied_store)
    return copied_store


@pytest.mark.usefixtures("settled_store")
def test_record_with_its_model_is_complete(logged_run):
    assert MLFLOW.is_complete(logged_run[0], model_step=7)


@pytest.mark.usefixtures("settled_store")
def test_record_without_a_model_of_the_step_is_incomplete(logged_run):
    assert not MLFLOW.is_complete(logged_run[0], model_step=8)


@pytest.mark.usefixtures("settled_store")
def test_record_of_a_run_that_logs_no_model_is_complete(logged_run):
    assert MLFLOW.is_complete(logged_run[0], model_step=None)


@pytest.mark.usefixtures("settled_store")
def test_unknown_run_is_incomplete():
    assert not MLFLOW.is_complete("0" * 32, model_step=None)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?",
        "UPDATE runs SET status = 'FAILED' WHERE run_uuid = ?",
        "UPDATE logged_models SET status = 1 WHERE source_run_id = ?",
        "UPDATE logged_models SET lifecycle_stage = 'deleted' WHERE source_run_id = ?",
        "UPDATE pipeline_home SET uri = ?",
        "INSERT INTO runs (run_uuid, status) SELECT 'x' || ?, 'RUNNING'",
        "DROP TABLE pipeline_home",
        "DROP TABLE inputs",
    ],
)
def test_damaged_record_is_incomplete(settled_store, logged_run, damage):
    run_id = logged_run[0]
    with closing(sqlite3.connect(settled_store)) as store, store:
        store.execute(damage, (run_id,) * damage.count("?"))
    assert not MLFLOW.is_complete(run_id, model_step=7)


@pytest.mark.parametrize("name", ["config.yaml", "MLmodel"])
@pytest.mark.usefixtures("settled_store")
def test_record_without_a_file_is_incomplete(logged_run, name):
    for file in Path("mlruns/artifacts/with_model").rglob(name):
        file.unlink()
    assert not MLFLOW.is_complete(logged_run[0], model_step=7)


@pytest.mark.usefixtures("copied_store")
def test_record_in_a_copied_store_is_incomplete(logged_run):
    assert not MLFLOW.is_complete(logged_run[0], model_step=7)


@pytest.mark.usefixtures("settled_store")
def test_server_is_asked_by_mlflow(logged_run, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert not MLFLOW.is_complete(logged_run[0], model_step=7)


@pytest.mark.usefixtures("logged_run")
def test_model_without_files_is_logged_again(client, result_folder):
    toy = facts("files_deleted")
    with MLFLOW.open_run(toy) as tracker:
        tracker.log_model(result_folder, step=7)
        (before,) = models(client, tracker.run_id)
        shutil.rmtree(before.artifact_location.removeprefix("file://"))
        assert not tracker.has_model(7)
        tracker.log_model(result_folder, step=7)
        assert tracker.has_model(7)
    (after,) = models(client, tracker.run_id)
    assert after.model_id != before.model_id


@pytest.mark.usefixtures("logged_run")
def test_half_written_model_is_replaced(client, result_folder):
    toy = facts("half_a_model")
    run_id = killed(toy)
    half = client.create_logged_model(
        client.get_run(run_id).info.experiment_id, name="model", source_run_id=run_id
    )
    with MLFLOW.open_run(toy) as tracker:
        tracker.log_model(result_folder, step=7)
    (whole,) = models(client, run_id)
    assert whole.status == "READY"
    assert whole.model_id != half.model_id


def models(client: MlflowClient, run_id: str) -> list:
    experiment = client.get_run(run_id).info.experiment_id
    return list(client.search_logged_models([experiment], f"source_run_id = '{run_id}'"))


def test_killed_run_resumes(client):
    toy = facts()
    run_id = killed(toy)
    assert finished(toy) == run_id
    assert client.get_run(run_id).info.status == "FINISHED"


def test_failed_run_resumes():
    toy = facts()
    assert ended_by(ValueError(), toy) == finished(toy)


def test_resumed_run_is_running_without_an_end(client):
    toy = facts()
    killed(toy)
    with MLFLOW.open_run(toy) as tracker:
        info = client.get_run(tracker.run_id).info
        assert info.status == "RUNNING"
        assert not info.to_proto().HasField("end_time")


def test_run_counts_its_resumptions(client):
    toy = facts()
    run_id = killed(toy)
    assert "resumed" not in client.get_run(run_id).data.tags
    killed(toy)
    assert client.get_run(run_id).data.tags["resumed"] == "1"
    finished(toy)
    assert client.get_run(run_id).data.tags["resumed"] == "2"


def test_resumed_run_has_every_point_once():
    toy = facts()
    run_id = killed(toy, [loss(1, 0.5), loss(2, 0.25)])
    with MLFLOW.open_run(toy) as tracker:
        tracker.log_metrics([loss(1, 0.5), loss(2, 0.25), loss(3, 0.125)])
    assert rows(run_id) == [
        ("loss", 1, 0.5, 1_000),
        ("loss", 2, 0.25, 1_000),
        ("loss", 3, 0.125, 1_000),
    ]


def test_first_value_of_a_point_stays():
    toy = facts()
    run_id = killed(toy, [loss(1, 0.5)])
    with MLFLOW.open_run(toy) as tracker:
        tracker.log_metrics([loss(1, 0.75, timestamp=2_000)])
    assert rows(run_id) == [("loss", 1, 0.5, 1_000)]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_infinite_value_is_logged_once(value):
    toy = facts()
    run_id = killed(toy, [loss(1, value)])
    with MLFLOW.open_run(toy) as tracker:
        tracker.log_metrics([loss(1, value)])
    assert len(rows(run_id)) == 1


def test_resumed_run_has_its_facts_once(client):
    toy = facts(patch=b"+one = 2\n")
    run_id = killed(toy)
    before = client.get_run(run_id)
    finished(toy)
    after = client.get_run(run_id)
    assert after.data.params == before.data.params
    assert [entry.dataset.name for entry in after.inputs.dataset_inputs] == [
        "toy/train",
        "toy/validation",
    ]
    assert {file.path for file in client.list_artifacts(run_id)} == {"config.yaml", "diff.patch"}


def test_resumed_run_completes_its_facts(client):
    toy = facts("cut_short", patch=b"+one = 2\n")
    run_id = client.create_run(
        connection.experiment_id(client, "cut_short"), tags=toy.tags
    ).info.run_id
    client.log_param(run_id, "name", "toy")
    log_data_set(client, run_id, images(), "train", toy.data_folder)
    assert finished(toy) == run_id
    run = client.get_run(run_id)
    assert run.data.params == client.get_run(finished()).data.params
    assert [entry.dataset.name for entry in run.inputs.dataset_inputs] == [
        "toy/train",
        "toy/validation",
    ]
    assert artifact(client, run_id, "diff.patch") == "+one = 2\n"


def test_first_value_of_a_setting_stays(client):
    toy = facts("changed_since")
    run_id = client.create_run(
        connection.experiment_id(client, "changed_since"), tags=toy.tags
    ).info.run_id
    client.log_param(run_id, "training.threads", "1")
    assert finished(toy) == run_id
    assert client.get_run(run_id).data.params["training.threads"] == "1"


def test_raw_files_are_data_sets_and_the_lineage_is_sealed(client, tmp_path):
    raw = {"source": "flowers", "digests": {"data.csv": "7" * 64}}
    run_id = finished(replace(facts(), lineage={"raw": raw, "run_key": "k"}))
    experiment = client.get_run(run_id).info.experiment_id
    found = client.search_runs([experiment], f"datasets.digest = '{'7' * 32}'")
    assert [run.info.run_id for run in found] == [run_id]
    path = Path(client.download_artifacts(run_id, "lineage.json", str(tmp_path)))
    assert read_sealed(path, made_by="a test") == {"raw": raw, "run_key": "k"}


def test_run_has_the_facts_of_its_start(client):
    toy = facts(key="begins", **{"git.commit": "abc"})
    run_id = killed(toy)
    changed = SETTINGS | {"training": {"steps": None, "threads": 1}}
    finished(facts(key="begins", patch=b"+one = 2\n", settings=changed, **{"git.commit": "def"}))
    run = client.get_run(run_id)
    assert run.data.tags["git.commit"] == "abc"
    assert run.data.params["training.threads"] == "2"
    assert [file.path for file in client.list_artifacts(run_id)] == ["config.yaml"]


def test_finished_run_is_not_reopened():
    toy = facts()
    assert finished(toy) != finished(toy)


def test_run_with_another_key_is_not_resumed():
    assert killed(facts()) != finished(facts())


def test_run_of_another_experiment_is_not_resumed():
    assert killed(facts("toy", key="shared")) != finished(facts("toy_mlp", key="shared"))


def test_newest_of_several_runs_resumes(client):
    toy = facts()
    experiment = connection.experiment_id(client, "toy")
    newest, *_ = [
        client.create_run(experiment, start_time=start, tags=toy.tags).info.run_id
        for start in (3_000, 1_000, 2_000)
    ]
    assert finished(toy) == newest


def test_run_of_a_living_process_is_not_resumed():
    toy = facts()
    with MLFLOW.open_run(toy) as first, MLFLOW.open_run(toy) as second:
        assert first.run_id != second.run_id


def test_new_run_never_resumes_another():
    toy = facts()
    run_id = killed(toy)
    assert finished(toy, new=True) != run_id
    assert finished(toy, new=True, run_id=run_id) != run_id


def test_finished_run_of_the_checkpoint_is_reopened(client):
    toy = facts()
    run_id = finished(toy)
    assert finished(toy, run_id=run_id) == run_id
    assert client.get_run(run_id).data.tags["resumed"] == "1"


def test_run_of_the_checkpoint_precedes_newer_ones():
    toy = facts()
    run_id = killed(toy)
    with pytest.raises(SystemExit), MLFLOW.open_run(toy, new=True):
        raise SystemExit(143)
    assert finished(toy, run_id=run_id) == run_id


def test_lost_run_of_the_checkpoint_is_replaced(client):
    toy = facts()
    deleted, waiting = finished(toy), killed(toy)
    client.delete_run(deleted)
    for lost in (deleted, "0" * 32):
        assert finished(toy, run_id=lost) not in (deleted, waiting)


BY_STEP = {5: {"accuracy": 0.5}, 9: {"accuracy": 0.75}}


def evaluate(
    run_id: str, folder: Path, by_step=BY_STEP, saved_step: int = 9, limits=(0.7, 0.8)
) -> None:
    (folder / "figures").mkdir(exist_ok=True)
    for name in ("metrics.json", "predictions.npz", "history.csv", "figures/curve.png"):
        (folder / name).write_text("x")
    log_evaluation(
        MLFLOW.attach(run_id),
        by_step=by_step,
        saved_step=saved_step,
        intervals={"accuracy": limits},
        output=folder,
        history=folder / "history.csv",
        meta=images(),
        data_folder=folder,
    )


def test_evaluation_is_added_to_the_run(client, tmp_path):
    run_id = finished()
    evaluate(run_id, tmp_path)
    run = client.get_run(run_id)
    assert run.data.metrics == {"test/accuracy": 0.75}
    assert run.data.tags["test/accuracy.interval_95"] == "0.7 to 0.8"
    assert run.info.status == "FINISHED"
    tested = [entry for entry in run.inputs.dataset_inputs if entry.dataset.name == "toy/test"]
    assert [(entry.dataset.digest, entry.tags[0].value) for entry in tested] == [
        ("3" * 32, "testing")
    ]
    assert {file.path for file in client.list_artifacts(run_id)} == {
        "config.yaml",
        "evaluations",
        "figures",
        "history.csv",
        "metrics.json",
        "predictions.npz",
    }


def test_evaluating_again_logs_no_point_twice(client, tmp_path, capsys):
    run_id = finished()
    evaluate(run_id, tmp_path)
    evaluate(run_id, tmp_path)
    assert capsys.readouterr().err == ""
    assert len(client.list_artifacts(run_id, "evaluations")) == 1
    points = client.get_metric_history(run_id, "test/accuracy")
    assert [(point.step, point.value) for point in points] == [(5, 0.5), (9, 0.75)]
    names = [entry.dataset.name for entry in client.get_run(run_id).inputs.dataset_inputs]
    assert sorted(names) == ["toy/test", "toy/train", "toy/validation"]


def test_metric_of_any_class_is_logged(client, tmp_path):
    run_id = finished()
    names = ["recall/a/b", "recall/>50K", "recall/été..", "f1/a//b", "recall/" + 300 * "x"]
    for _ in range(2):
        evaluate(run_id, tmp_path, {9: dict.fromkeys(names, 0.5)})
    logged = client.get_run(run_id).data.metrics
    assert len(logged) == len(names)
    assert {"test/recall/a/b", "test/recall/:3E:50K", "test/recall/été.."} < set(logged)
    assert {len(client.get_metric_history(run_id, name)) for name in logged} == {1}


OTHER = {5: {"accuracy": 0.25}, 9: {"accuracy": 0.625}}


def test_latest_evaluation_is_shown(client, tmp_path):
    run_id = finished()
    evaluate(run_id, tmp_path)
    evaluate(run_id, tmp_path, OTHER, limits=(0.6, 0.65))
    run = client.get_run(run_id)
    assert run.data.metrics == {"test/accuracy": 0.625}
    assert run.data.tags["test/accuracy.interval_95"] == "0.6 to 0.65"


def test_earlier_evaluation_is_shown_again_when_it_is_repeated(client, tmp_path):
    run_id = finished()
    for by_step in (BY_STEP, OTHER, BY_STEP):
        evaluate(run_id, tmp_path, by_step)
    assert client.get_run(run_id).data.metrics == {"test/accuracy": 0.75}
    assert len(client.list_artifacts(run_id, "evaluations")) == 2


def test_replaced_evaluation_is_kept_in_the_record(client, tmp_path, capsys):
    run_id = finished()
    evaluate(run_id, tmp_path)
    before = client.get_run(run_id).data.tags["evaluation"]
    evaluate(run_id, tmp_path, OTHER)
    assert capsys.readouterr().err == (
        f"MLflow now shows this evaluation of run {run_id}; "
        f"the earlier one stays there as {before}\n"
    )
    kept = mlflow.artifacts.load_dict(f"runs:/{run_id}/{before}")
    assert kept.pop("time")[:2] == "20"
    assert kept == {
        "data": {"digest": "3" * 32, "name": "toy"},
        "interval_95": {"accuracy": [0.7, 0.8]},
        "saved_step": 9,
        "test": {"5": {"accuracy": 0.5}, "9": {"accuracy": 0.75}},
    }


def test_evaluation_is_shown_although_the_clock_was_set_back(client, tmp_path):
    run_id = finished()
    client.log_metric(run_id, "test/accuracy", 0.5, timestamp=4_102_444_800_000, step=9)
    evaluate(run_id, tmp_path)
    assert client.get_run(run_id).data.metrics == {"test/accuracy": 0.75}


def test_saved_model_is_shown_although_later_snapshots_were_tested(client, tmp_path):
    run_id = finished()
    evaluate(run_id, tmp_path, {5: {"accuracy": 0.75}, 9: {"accuracy": 0.5}}, saved_step=5)
    assert client.get_run(run_id).data.metrics == {"test/accuracy": 0.75}


def test_saved_model_is_shown_although_the_record_has_a_later_step(client, tmp_path):
    run_id = finished()
    client.log_metric(run_id, "test/accuracy", 0.5, step=20)
    evaluate(run_id, tmp_path)
    assert client.get_run(run_id).data.metrics == {"test/accuracy": 0.75}


def test_undefined_metric_is_logged_once(client, tmp_path):
    run_id = finished()
    for _ in range(2):
        evaluate(run_id, tmp_path, {9: {"r2": float("nan"), "accuracy": 0.5}})
    assert len(client.get_metric_history(run_id, "test/r2")) == 1


def test_evaluation_needs_the_run_in_the_store(here, client, tmp_path):
    with pytest.raises(PipelineError) as caught:
        evaluate("0" * 32, tmp_path)
    assert str(caught.value) == (
        f"the tracking store sqlite:///{here}/mlruns/mlflow.db "
        f"does not have the run of this model. Received: {'0' * 32}. "
        "Bring it with: dvc pull, or train it again with: dvc repro --force <stage>."
    )


def test_missing_runs_are_unknown_or_deleted(client):
    present, deleted = finished(), finished()
    client.delete_run(deleted)
    assert MLFLOW.missing([present, deleted, "0" * 32, "no run/id"]) == {
        deleted,
        "0" * 32,
        "no run/id",
    }


def test_setting_names_the_store():
    assert isinstance(stores.load("mlflow"), MlflowStore)
    assert isinstance(stores.load("memory"), MemoryStore)


def test_unknown_store_is_refused_with_a_suggestion():
    assert refusal(stores.load, "mlflw") == (
        "tracking.store is not a tracking store. Received: mlflw. "
        "Did you mean mlflow? Allowed: memory, mlflow."
    )
