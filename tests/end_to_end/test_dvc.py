"""What `dvc repro` runs again, on three small experiments that are really trained."""

import json
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from pipeline.data.prepared import load_split
from tests.end_to_end.conftest import params
from tests.support.damage import rot
from tests.support.project import Project
from tests.support.refusals import refusal

EXTENDED = "conf/experiment/extended.yaml"
LOOP = "pipeline/training/loop.py"
COMPOSE = ("python", "-m", "pipeline.compose")
REPRO = ("dvc", "repro", "compose")
OWN = "my_models.py"
EXPERIMENTS = ("extended", "flats", "flats_gated", "flats_rent")


@contextmanager
def edited(
    project: Project, name: str, old: str, new: str, *, by: tuple[str, ...] = COMPOSE
) -> Iterator[set[str]]:
    """The stages that would run again after an edit. The edit is undone at the end.

    The composed files keep the edit until the next `dvc repro`.

    Args:
        by: the command that computes the files on which the stages depend.
    """
    original = project.replace(name, old, new)
    project.run(*by)
    yield set(json.loads(project.run("dvc", "status", "--json").stdout))
    project.write(name, original)


def trainings(stages: set[str]) -> set[str]:
    return {stage for stage in stages if stage.startswith("train@")}


def test_second_repro_runs_nothing(project):
    assert "Running stage" not in project.run("dvc", "repro").stdout


def test_every_experiment_has_its_files(project):
    for name in EXPERIMENTS:
        files = {path.name for path in (project.folder / "outputs" / name).iterdir()}
        assert files - {"seeds.json"} == {
            "model.keras",
            "model.json",
            "history.csv",
            "run.json",
            "metrics.json",
            "predictions.npz",
            "evaluation.json",
            "figures",
            "snapshots",
            "code",
            "card.md",
        }


def test_source_is_fetched_without_a_variant(project):
    assert (project.folder / "data/raw/iris/data.csv").exists()


def test_repeated_experiment_has_its_series(project):
    series = json.loads(project.read("outputs/flats_rent/seeds.json"))["series"]
    seeds, splits = (series[varied]["runs"] for varied in ("seeds", "split_seeds"))
    assert sorted(seeds) == sorted(splits) == ["1", "42"]
    # The experiment's own seed and split are one run in both.
    assert seeds["42"] == splits["42"]
    assert seeds["1"]["fingerprint"] != splits["1"]["fingerprint"]


def test_report_names_every_experiment(project):
    text = project.read("outputs/report.md")
    assert all(f"| {name} | " in text for name in EXPERIMENTS)


def test_comment_in_conf_retrains_nothing(project):
    with edited(project, EXTENDED, "# Uses everything", "# Still uses everything") as stages:
        assert trainings(stages) == set()


def test_setting_retrains_only_its_experiment(project):
    with edited(project, EXTENDED, "dead_zone: 0.001", "dead_zone: 0.002") as stages:
        assert trainings(stages) == {"train@extended"}


def test_setting_of_a_family_retrains_its_experiments(project):
    with edited(project, "conf/model/tabular.yaml", "members: 8", "members: 4") as stages:
        assert trainings(stages) == {"train@flats", "train@flats_rent"}


def test_edit_of_own_code_retrains_only_its_experiment(project):
    with edited(project, OWN, "x * ops.tanh(x)", "x * ops.sin(x)", by=REPRO) as stages:
        assert trainings(stages) == {"train@flats_gated"}


def test_comment_in_own_code_retrains_nothing(project):
    with edited(project, OWN, "def bent", "# A comment.\ndef bent", by=REPRO) as stages:
        assert trainings(stages) == set()


def test_edit_of_an_own_figure_only_evaluates(project):
    with edited(project, "my_figures.py", "0, 1, 101", "0, 1, 51", by=REPRO) as stages:
        assert {stage for stage in stages if "@" in stage} == {"evaluate@flats_gated"}


def test_own_code_lies_beside_its_model(project):
    copy = project.read("outputs/flats_gated/code/my_models.py")
    assert copy == project.read(OWN)
    assert json.loads(project.read("outputs/flats/code/index.json")) == {"files": []}


def test_claim_retrains_nothing(project):
    with edited(project, EXTENDED, "at_most: 5.0", "at_most: 5.1") as stages:
        assert trainings(stages) == set()


def test_code_reruns_the_stages_of_the_table(project):
    """One real edit. `tests/test_dependencies.py` holds the whole table to the digests."""
    with edited(project, LOOP, "def train(", "EDITED = True\n\ndef train(", by=REPRO) as stages:
        trained = {f"train@{name}" for name in EXPERIMENTS}
        assert stages == {*trained, "repeat@flats_rent", "report"}


def test_comment_in_code_reruns_nothing(project):
    with edited(project, LOOP, "def train(", "# A comment.\ndef train(", by=REPRO) as stages:
        assert stages == set()


def test_data_setting_prepares_only_its_variant(project):
    with edited(
        project, "conf/data/flats.yaml", "drop: [flat]", "drop: [flat]\nrows: 390"
    ) as stages:
        assert [stage for stage in stages if stage.startswith("prepare")] == ["prepare@flats"]


def test_new_lock_file_keeps_the_tree_clean(project):
    with sqlite3.connect(project.folder / "mlruns/mlflow.db") as store:
        rows = store.execute("select distinct value from tags where key = 'git.dirty'").fetchall()
    assert (project.folder / "dvc.lock").exists()
    assert rows == [("false",)]


def test_damaged_object_of_the_cache_is_made_again(project):
    """The command of the message heals the prepared data and the object that they link to."""
    data = project.folder / "data/prepared/flats"
    path = data / "train/x.npy"
    undamaged = path.read_bytes()
    rot(path, byte=len(undamaged) // 2, bit=0)
    assert path.stat().st_nlink == 2
    assert refusal(load_split, data, "train").endswith(
        "Make it again with: dvc repro prepare@flats."
    )
    project.run("dvc", "repro", "prepare@flats")
    assert path.read_bytes() == undamaged
    shutil.rmtree(data)
    project.run("dvc", "repro", "prepare@flats")
    assert path.read_bytes() == undamaged


def trainers(project: Project) -> list[psutil.Process]:
    """Processes that train in the project's folder."""
    processes = psutil.process_iter(["cmdline", "cwd"])
    return [
        process
        for process in processes
        if "--resolved" in (process.info["cmdline"] or [])
        and process.info["cwd"] == str(project.folder)
    ]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_trainer_ends_with_its_dvc(project, tmp_path, end):
    copy = project.copy(tmp_path / "copy")  # DVC removes the model before it trains
    endless = ["training.epochs=1000000", "training.early_stopping=null", "tracking=memory"]
    copy.write_yaml("params.yaml", {**params(), "overrides": ["training.xla=false", *endless]})
    dvc = copy.start("dvc", "repro", "train@flats_rent")
    first_epoch = next(line for line in dvc.stderr if line.startswith("flats_rent: epoch "))
    running = trainers(copy)
    dvc.send_signal(end)
    dvc.wait()
    _, alive = psutil.wait_procs(running, timeout=5)
    dvc.communicate()
    assert first_epoch
    assert len(running) == 1
    assert alive == trainers(copy) == []


def test_overrides_for_all_cannot_change_data(project):
    project.write_yaml("params.yaml", {**params(), "overrides": ["data.split.seed=1"]})
    result = project.run(*COMPOSE, check=False)
    project.write_yaml("params.yaml", params())
    assert result.returncode == 1
    assert "change the settings of shared data" in result.stderr
