"""A clone that brings in the run that DVC carries: a real training, real stores, real files."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline import experiment, layout, train
from pipeline.config import resolved
from pipeline.config.values import write_yaml
from pipeline.errors import PipelineError
from pipeline.evaluate import evaluate
from pipeline.evaluation import looks
from pipeline.files import digests_below, read_sealed, write_sealed
from pipeline.runs import carried
from pipeline.signals import Interruption
from pipeline.tracking import (
    bringing,
    carrying,
    connection,
    logged_models,
    merged_rows,
    merging,
    notes,
)
from pipeline.tracking.stores.mlflow import STORE
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.toy import config_of

SETTINGS = ("data=pairs", "tracking=mlflow", "training.xla=false")
TRAIN, EVALUATE = (Path("outputs/pairs/records", stage) for stage in ("train", "evaluate"))


@contextmanager
def inside(folder: Path) -> Iterator[Path]:
    """Works in a project with a store, as a new process would."""
    add_store(folder)
    bringing._bring_runs.cache_clear()
    carried._warn.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow sets it to the last store
        yield folder


@pytest.fixture(scope="module")
def origin(repository) -> Path:
    """A project with an experiment that is trained and tested."""
    with inside(repository):
        config = config_of(repository, *SETTINGS)
        write_yaml(resolved.run_settings(config), layout.CONFIGS / "pairs.yaml")
        train.train(config, Interruption(), output=layout.OUTPUTS / "pairs")
        evaluate("pairs")
    return repository


def cloned(origin: Path, folder: Path) -> Path:
    """What `git clone` and `dvc pull` bring of the project."""
    for part in ("conf", "data", "outputs"):
        shutil.copytree(origin / part, folder / part)
    return folder


@pytest.fixture
def clone(origin, tmp_path) -> Path:
    return cloned(origin, tmp_path / "clone")


@pytest.fixture(scope="module")
def whole(origin, tmp_path_factory) -> str:
    """The content of the store of a clone."""
    return opened(cloned(origin, tmp_path_factory.mktemp("whole")))


@pytest.fixture
def run_id(origin) -> str:
    return str(json.loads((origin / "outputs/pairs/run.json").read_text("utf-8"))["run_id"])


def opened(folder: Path) -> str:
    """The content of a store after it was opened."""
    with inside(folder):
        connection.client()
        return merging.content()


def record(folder: Path, run_id: str) -> dict[str, Any]:
    """What MLflow says of a run, without what depends on the place of the store."""
    with inside(folder):
        client = connection.client()
        run = client.get_run(run_id)
        values = run.to_dictionary()
        for key in ("artifact_uri", "experiment_id"):
            del values["info"][key]
        values["inputs"]["dataset_inputs"].sort(key=lambda one: one["dataset"]["name"])
        points = {
            name: [(point.step, point.timestamp, point.value) for point in points]
            for name in run.data.metrics
            for points in [client.get_metric_history(run_id, name)]
        }
        (model,) = client.search_logged_models([run.info.experiment_id])
        described = {**model.to_dictionary(), "artifact_location": "", "experiment_id": ""}
        described["metrics"] = sorted(str(metric) for metric in model.metrics)
        return {**values, "points": points, "model": described}


def test_run_is_the_one_of_the_origin(origin, clone, run_id):
    theirs = record(origin, run_id)
    assert record(clone, run_id) == theirs
    assert theirs["info"]["status"] == "FINISHED"
    assert "test/accuracy.interval_95" in theirs["data"]["tags"]
    assert theirs["points"]["test/accuracy"]


def test_note_of_the_test_is_carried(origin, clone, run_id):
    note = record(clone, run_id)["data"]["tags"][notes.TAG]
    assert note == record(origin, run_id)["data"]["tags"][notes.TAG]
    assert note.startswith("Test accuracy ")


def test_output_of_train_does_not_depend_on_later_notes(origin, run_id):
    with inside(origin):
        before = json.loads((TRAIN / f"{run_id}.json").read_text("utf-8"))
        carrying.carry(TRAIN.parents[1], carrying.TRAIN, [run_id], store="mlflow")
        assert json.loads((TRAIN / f"{run_id}.json").read_text("utf-8")) == before
    assert notes.TAG not in before["tags"]
    assert list(before["experiment_tags"]) == ["mlflow.experimentKind"]


def test_files_are_those_of_the_origin(origin, clone, run_id):
    opened(clone)
    for folder in ("artifacts", "checkpoints"):
        theirs = digests_below(origin / "mlruns" / folder)
        own = digests_below(clone / "mlruns" / folder)
        assert own == {name: one for name, one in theirs.items() if not name.endswith("lock")}
    with inside(clone), logged_models.model_of(run_id) as model:
        assert (model / "data/keras/model.keras").is_file()


def test_looks_of_the_origin_count(origin, clone, run_id):
    opened(clone)
    standings = []
    for folder in (origin, clone):
        with inside(folder):
            (step,) = looks.read().looks[0].models
            standings.append(looks.read().standing(run_id, int(step)))
    assert standings[0] == standings[1] is not None


def test_second_opening_changes_nothing(clone, whole):
    assert [opened(clone), opened(clone)] == [whole, whole]


def test_records_may_come_one_after_the_other(clone, run_id, whole):
    tested = shutil.move(clone / EVALUATE, clone / "tested")
    opened(clone)
    assert "evaluation" not in record(clone, run_id)["data"]["tags"]
    shutil.move(tested, clone / EVALUATE)
    assert opened(clone) == whole


def test_killed_import_is_completed(clone, whole, monkeypatch):
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with inside(clone), monkeypatch.context() as patch:
        patch.setattr(merged_rows, "merge", killed)
        with pytest.raises(KeyboardInterrupt):
            connection.client()
        with sqlite3.connect("mlruns/mlflow.db") as store:
            assert store.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    assert opened(clone) == whole


def test_run_that_is_there_stays_as_it_is(clone, run_id):
    opened(clone)
    with inside(clone):
        client = connection.client()
        client.set_tag(run_id, "evaluation", "mine")
        client.log_metric(run_id, "train/loss", 9.0, step=99)
    before = record(clone, run_id)
    assert record(clone, run_id) == before
    assert before["data"]["metrics"]["train/loss"] == 9.0


def test_deleted_run_stays_deleted(clone, run_id):
    opened(clone)
    with inside(clone):
        connection.client().delete_run(run_id)
    with inside(clone):
        assert STORE.missing([run_id]) == {run_id}


def test_training_returns_the_carried_result(clone, run_id, capsys):
    with inside(clone):
        result = experiment.run(config_of(clone, *SETTINGS))
    assert result.run_id == run_id
    assert "this run is already finished" in capsys.readouterr().err


def test_deleted_result_is_restored(clone, run_id):
    opened(clone)
    shutil.rmtree(clone / "mlruns/checkpoints")
    with inside(clone):
        assert experiment.run(config_of(clone, *SETTINGS)).run_id == run_id


def test_result_is_carried_without_checkpoints(clone, run_id):
    opened(clone)
    before = digests_below(clone / EVALUATE)
    shutil.rmtree(clone / "mlruns/checkpoints")
    with inside(clone):
        carrying.carry(Path("outputs/pairs"), carrying.EVALUATE, [run_id], store="mlflow")
    assert digests_below(clone / EVALUATE) == before


def test_store_elsewhere_does_not_take_the_run(clone, run_id, tmp_path, monkeypatch, capsys):
    with inside(clone):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/elsewhere.db")
        shutil.copy("mlruns/mlflow.db", tmp_path / "elsewhere.db")
        message = refusal(STORE.attach, run_id)
        assert "A store elsewhere cannot take the record that DVC carries. Unset" in message
        assert experiment.run(config_of(clone, *SETTINGS)).run_id != run_id
    assert "does not have its record" in capsys.readouterr().err


def test_store_elsewhere_that_has_the_run_trains_nothing(origin, clone, run_id, monkeypatch):
    with inside(clone):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{origin}/mlruns/mlflow.db")
        assert experiment.run(config_of(clone, *SETTINGS)).run_id == run_id


def damage_file(clone: Path, run_id: str) -> None:
    for folder in (TRAIN, EVALUATE):
        values = read_sealed(clone / folder / f"{run_id}.json", made_by="")
        path = clone / folder / "files" / values["result"]["model.keras"]
        path.write_bytes(path.read_bytes()[:-1])


def damage_record(clone: Path, run_id: str) -> None:
    for folder in (TRAIN, EVALUATE):
        path = clone / folder / f"{run_id}.json"
        path.write_text(path.read_text("utf-8").replace("FINISHED", "FAILED"), encoding="utf-8")


def damage_index(clone: Path, _: str) -> None:
    for folder in (TRAIN, EVALUATE):
        (clone / folder / "index.json").write_text("{}", encoding="utf-8")


def changed(clone: Path, run: str, **values: Any) -> None:
    """Changes the records, and seals them again."""
    for folder in (TRAIN, EVALUATE):
        path = clone / folder / f"{run}.json"
        write_sealed(path, read_sealed(path, made_by="") | values)


def name_another_run(clone: Path, run_id: str) -> None:
    changed(clone, run_id, run_id="0" * 32)


def name_another_result(clone: Path, run_id: str) -> None:
    values = read_sealed(clone / TRAIN / f"{run_id}.json", made_by="")
    digest = values["result"]["history.csv"]
    changed(clone, run_id, result=values["result"] | {"model.keras": digest})


def name_a_file_outside(clone: Path, run_id: str) -> None:
    values = read_sealed(clone / TRAIN / f"{run_id}.json", made_by="")
    changed(clone, run_id, files={"../../../../../x": values["files"]["config.yaml"]})


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (damage_file, "is damaged. Bring it with: dvc pull --force"),
        (damage_record, "is damaged. Make it again with: dvc pull --force"),
        (damage_index, "is damaged. Make it again with: dvc pull --force"),
        (name_another_run, "is of another run"),
        (name_another_result, "is of another run"),
        (name_a_file_outside, "names a file that it cannot hold"),
    ],
)
def test_damaged_record_is_left_out_with_a_line(clone, run_id, capsys, damage, reason):
    damage(clone, run_id)
    with inside(clone):
        assert STORE.missing([run_id]) == {run_id}
        connection.client()
    lines = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(lines) == len(set(lines)) > 0
    assert all(reason in line for line in lines)
    assert not list(clone.glob("mlruns/artifacts/*/*"))
    assert not list(clone.glob("mlruns/checkpoints/*"))


def test_stages_write_the_same_again(origin, run_id):
    before = digests_below(origin / "outputs/pairs/records")
    with inside(origin):
        train.train(config_of(origin, *SETTINGS), Interruption(), output=Path("outputs/pairs"))
        evaluate("pairs")
    assert digests_below(origin / "outputs/pairs/records") == before


def test_record_of_training_has_no_test(origin, run_id):
    run = carried.read(carried.entries([origin / TRAIN / "index.json"])[0])
    names = [*run.metrics, *run.tags, *run.files]
    assert [name for name in names if "test/" in name or "evaluation" in name] == []
    assert {one["name"] for one in run.data_sets} == {
        "pairs/data.csv",
        "pairs/train",
        "pairs/validation",
    }


def test_equal_files_are_carried_once(origin, run_id):
    folder = origin / EVALUATE / "files"
    assert {file.name for file in folder.iterdir()} == set(digests_below(folder).values())


def test_undefined_and_infinite_points_are_carried(clone, run_id, tmp_path):
    opened(clone)
    with inside(clone):
        client = connection.client()
        for step, value in enumerate((float("nan"), float("inf"), -float("inf"))):
            client.log_metric(run_id, "odd", value, step=step)
        carrying.carry(Path("outputs/pairs"), carrying.EVALUATE, [run_id], store="mlflow")
        theirs = [str(point.value) for point in client.get_metric_history(run_id, "odd")]
    with inside(cloned(clone, tmp_path / "another")):
        points = connection.client().get_metric_history(run_id, "odd")
    assert [str(point.value) for point in points] == theirs


def test_other_stores_carry_no_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    carrying.carry(Path("outputs/x"), carrying.TRAIN, ["a" * 32], store="memory")
    assert carried.entries(carried.indexes()) == []
    with pytest.raises(PipelineError):
        carried.file_of("0" * 64, [Path("outputs/x/records/train")])
