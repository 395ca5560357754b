"""The result of a run on disk."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from pipeline.runs import result
from pipeline.runs.history import Point
from pipeline.runs.result import Result
from tests.support.cards import card_of
from tests.support.damage import flip_a_bit
from tests.support.metas import images
from tests.support.refusals import refusal

IDS = {"run_id": "r", "run_key": "k", "fingerprint": "f"}
ORIGIN = IDS | {"settings": "s", "data": images().identity, "environment": {}, "cpus": ["A CPU"]}
FILES = [
    "code/index.json",
    "history.csv",
    "model.json",
    "model.keras",
    "run.json",
    "snapshots/index.json",
    "snapshots/step_000000.keras",
]
POINTS = [
    Point(step, step / 2, 0, 0.0, 0.0, 0, 0.1, {"validation/loss": 1 / (step + 1)})
    for step in (0, 2, 4)
]


class Model:
    """A model that Keras would save."""

    def save(self, path: Path) -> None:
        with ZipFile(path, "w") as file:
            file.writestr("weights", "1")


@pytest.fixture
def folder(tmp_path):
    snapshot = result.snapshot_file(tmp_path / "run", 0)
    result.save_model(Model(), snapshot, card_of(images()))
    result.write(
        tmp_path / "result",
        model=Model(),
        card=card_of(images(), step=2),
        points=POINTS,
        origin=ORIGIN,
        snapshots={0: snapshot},
    )
    return tmp_path / "result"


def files_in(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.*"))


def test_result_has_the_metrics_of_its_step(folder):
    assert result.read(folder) == Result(
        **IDS, metrics={"validation/loss": 1 / 3}, history=POINTS, cpus=["A CPU"]
    )


def test_index_names_step_and_snapshots(folder):
    index = json.loads((folder / "snapshots/index.json").read_text(encoding="utf-8"))
    assert index == {"final": 2, "steps": [0]}


def test_published_files_are_those_of_the_result(folder, tmp_path):
    result.publish(folder, tmp_path / "output")
    assert files_in(tmp_path / "output") == files_in(folder)
    assert files_in(folder) == FILES


def test_failed_write_leaves_the_old_result(folder, tmp_path):
    with pytest.raises(FileNotFoundError):
        result.write(
            folder,
            model=Model(),
            card=card_of(images(), step=4),
            points=POINTS,
            origin=ORIGIN,
            snapshots={4: tmp_path / "missing.keras"},
        )
    assert result.read(folder).metrics == {"validation/loss": 1 / 3}


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    assert refusal(result.read, folder) == (
        f"{folder / name} is missing. Make it with: the command that trained it."
    )


@pytest.mark.parametrize("name", FILES)
def test_changed_file_is_refused(folder, name):
    path = folder / name
    flip_a_bit(path)
    assert refusal(result.read, folder).startswith(f"{path} is damaged")


def write_meta(folder: Path, **changes: Any) -> Path:
    """Writes the facts of prepared data, and returns their folder."""
    images(**changes).save(folder)
    return folder


@pytest.mark.parametrize(
    ("settings", "data", "fault"),
    [
        ("other", {}, "has other settings than the experiment."),
        ("s", {"train": "9" * 32}, "was trained on other data. Received: other digests of train."),
    ],
)
def test_result_of_other_settings_or_data_is_stale(folder, tmp_path, settings, data, fault):
    prepared = write_meta(tmp_path, digests=images().digests | data)
    message = refusal(result.current, folder, settings=settings, data=prepared)
    assert message.startswith(f"{folder} is stale: its run r ")
    assert message.endswith(f"{fault} Train it again with: dvc repro train@result.")


def test_result_that_fits_has_its_record(folder, tmp_path):
    run = result.current(folder, settings="s", data=write_meta(tmp_path))
    assert run.ids == IDS
