"""The model that a user names: an experiment, a folder or a file."""

import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline.config import resolved_file
from pipeline.config.values import write_yaml
from pipeline.files import digests_below, write_json
from pipeline.layout import mlruns
from pipeline.runs.record import RunRecord
from pipeline.serving.loading import load, located
from pipeline.tracking import logged_models
from tests.support.damage import flip_a_bit
from tests.support.refusals import refusal

SETTINGS = {
    "data": {"name": "prices"},
    "seed": 1,
    "training": {"early_stopping": None},
    "tracking": {"store": "memory"},
}


@pytest.fixture
def experiment(folders, metas, in_empty_folder):
    """The experiment `prices`, trained: its files in outputs/."""
    output = Path("outputs/prices")
    shutil.copytree(folders["prices"], output)
    write_yaml(SETTINGS, Path("outputs/configs/prices.yaml"))
    settings = resolved_file.digest(SETTINGS)
    data = metas["prices"].identity
    RunRecord("id", "key", "print", settings, data, {}, [], digests_below(output)).write(output)
    metas["prices"].save(Path("data/prepared/prices"))
    return output


def locate(name: str) -> Path:
    with located(name) as file:
        return file


def test_experiment_is_found(experiment):
    assert locate("prices") == experiment / "model.keras"


@pytest.mark.parametrize("name", ["outputs/prices", "outputs/prices/model.keras"])
def test_folder_and_file_are_found(experiment, name):
    assert locate(name) == experiment / "model.keras"


@pytest.mark.parametrize("name", ["prices", "outputs/prices", "outputs/prices/model.keras"])
def test_damaged_model_is_refused(experiment, name):
    flip_a_bit(experiment / "model.keras")
    assert "is damaged or stale" in refusal(load, name)


def test_missing_file_of_a_trained_experiment_names_the_command(experiment):
    (experiment / "model.keras").unlink()
    assert refusal(locate, "prices") == (
        "outputs/prices/model.keras is missing. Make it with: dvc repro train@prices."
    )


def test_model_of_other_settings_is_stale(experiment):
    write_yaml(SETTINGS | {"seed": 2}, Path("outputs/configs/prices.yaml"))
    assert "is stale: its run id has other settings" in refusal(load, "prices")


def test_model_of_other_data_is_stale(experiment, metas):
    meta = metas["prices"]
    other = replace(meta, digests=meta.digests | {"train": "0" * 32})
    other.save(Path("data/prepared/prices"))
    assert "was trained on other data" in refusal(load, "prices")


def test_experiment_without_its_data_is_found(experiment):
    shutil.rmtree("data")
    assert locate("prices") == experiment / "model.keras"


def test_unknown_name_is_refused_with_a_suggestion(experiment):
    assert refusal(locate, "price") == (
        "this is not an experiment, run id, model URI or folder. Received: price. "
        "Did you mean prices? Allowed: prices."
    )


@pytest.mark.usefixtures("experiment")
def test_listed_experiment_without_a_model_names_its_training():
    listed = "sources: [prices]\ndata: {prices: prices}\nexperiments: {deep: {data: prices}}\n"
    Path("params.yaml").write_text(listed)
    assert refusal(locate, "deep") == (
        "outputs/deep/run.json is missing. Make it with: dvc repro train@deep."
    )
    assert refusal(locate, "deer").endswith("Did you mean deep? Allowed: deep, prices.")


def test_folder_without_a_model_is_refused(tmp_path):
    assert refusal(locate, str(tmp_path)).startswith(f"{tmp_path} holds no model")


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "is missing"), (b"", "is damaged"), (b"PK\x03\x04", "is damaged")]
)
def test_unreadable_file_is_refused(tmp_path, content, fault):
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)
    assert fault in refusal(load, str(path))


def test_model_of_another_origin_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    with ZipFile(path, "w") as file:
        file.writestr("config.json", "{}")
    assert "has no model.json, so its inputs are unknown" in refusal(load, str(path))


@pytest.mark.parametrize("home", ["sweeps", "search"])
def test_trial_is_the_model_of_its_run(experiment, monkeypatch, home):
    write_json(mlruns() / f"{home}/80a1e5c0b7d2/trials/012.json", {"run_id": "7f3c"})
    monkeypatch.setattr(logged_models, "model_of", {"7f3c": nullcontext(experiment)}.get)
    assert locate("80a1/12") == experiment / "model.keras"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("80a1/1", "80a1e5c0b7d2 has no run of this trial. Received: 1. Choose a "),
        ("80a1/2", "80a1e5c0b7d2 has no run of this trial. Received: 2. Choose a "),
        ("90a1/2", "there is no sweep or search of this id in mlruns/. Received: 90a1. Write "),
        ("8/2", "several sweeps and searches begin with these digits. Received: 8. Write "),
    ],
)
@pytest.mark.usefixtures("in_empty_folder")
def test_trial_without_a_run_is_refused(name, message):
    write_json(Path("mlruns/sweeps/80a1e5c0b7d2/trials/002.json"), {"run_id": ""})
    Path("mlruns/search/80b").mkdir(parents=True)
    assert refusal(locate, name).startswith(message)
