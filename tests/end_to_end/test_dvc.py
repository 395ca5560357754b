"""What `dvc repro` runs again, on three small experiments that are really trained."""

import csv
import json
import re
import shlex
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
import yaml

from pipeline.data.prepared import load_split
from tests.end_to_end.conftest import params
from tests.support import pages
from tests.support.damage import rot
from tests.support.project import Project
from tests.support.refusals import refusal

EXTENDED = "conf/experiment/extended.yaml"
LOOP = "pipeline/training/loop.py"
COMPOSE = ("python", "-m", "pipeline.compose")
OWN = "my_models.py"
EXPERIMENTS = ("extended", "flats", "flats_gated", "flats_rent")


@contextmanager
def edited(project: Project, *edits: tuple[str, str, str]) -> Iterator[set[str]]:
    """The stages that would run again after some edits. The edits are undone at the end.

    The composed files keep the edits until the next `dvc repro`.

    Args:
        edits: the name of a file, a text in it, and the text that replaces it.
    """
    originals = {name: project.replace(name, old, new) for name, old, new in edits}
    project.run("dvc", "repro", "compose")
    try:
        yield set(json.loads(project.run("dvc", "status", "--json").stdout))
    finally:
        for name, text in originals.items():
            project.write(name, text)


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
            "headline.json",
            "predictions.npz",
            "evaluation.json",
            "figures",
            "snapshots",
            "code",
            "records",
            "card.md",
        }


def runs(project: Project) -> list[list[tuple[object, ...]]]:
    """What the store of a project holds, without what depends on its place."""
    queries = (
        "SELECT run_uuid, name, user_id, status, start_time, end_time FROM runs",
        "SELECT * FROM params",
        "SELECT * FROM tags",
        "SELECT * FROM metrics",
        "SELECT * FROM latest_metrics",
    )
    with closing(sqlite3.connect(project.folder / "mlruns/mlflow.db")) as store:
        return [sorted(store.execute(query)) for query in queries]


def commands(block: str, **places: Path) -> list[list[str]]:
    """The commands of a block that a test can run, with its own places."""
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    run = [line for line in lines if line[0] != "cd" and "pipeline.ui" not in line]
    return [[str(places.get(Path(word).stem, word)) for word in line] for line in run]


def test_page_brings_everything_into_a_clone(project, tmp_path):
    """The blocks of docs/provenance.md about a colleague's clone."""
    section = pages.text("provenance.md").partition("## A colleague's clone")[2]
    publish, bring = re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)[:2]
    author = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
    author |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
    for command in commands(publish, flowers=tmp_path / "remote"):
        project.run(*command, **author)
    git, *others = commands(bring, flowers=project.folder)
    project.run(*git, str(tmp_path / "clone"))
    clone = Project.at(tmp_path / "clone")
    for command in others:
        clone.run(*command)
    for report in ("outputs/report.md", "outputs/report.html"):
        assert clone.read(report) == project.read(report)
    assert runs(clone) == runs(project)
    assert clone.run("dvc", "status", "--json").stdout.strip() == "{}"


def test_source_is_fetched_without_a_variant(project):
    assert (project.folder / "data/raw/iris/data.csv").exists()


def test_repeated_experiment_has_its_series(project):
    runs = json.loads(project.read("outputs/flats_rent/seeds.json"))["series"]["seeds"]["runs"]
    trained = json.loads(project.read("outputs/flats_rent/run.json"))
    assert sorted(runs) == ["1", "42"]
    assert runs["42"]["fingerprint"] == trained["fingerprint"] != runs["1"]["fingerprint"]


def test_report_names_every_experiment(project):
    text = project.read("outputs/report.md")
    assert all(f"| {name} | " in text for name in EXPERIMENTS)


def test_comments_rerun_only_the_report(project):
    """It depends on `outputs/plan.json`. That file holds a digest of the files of `conf/`."""
    comments = [
        (EXTENDED, "# Uses everything", "# Still uses everything"),
        (OWN, "def bent", "# A comment.\ndef bent"),
        (LOOP, "def train(", "# A comment.\ndef train("),
    ]
    with edited(project, *comments) as stages:
        assert stages == {"report"}


def test_setting_retrains_and_own_figure_only_evaluates(project):
    setting = (EXTENDED, "dead_zone: 0.001", "dead_zone: 0.002")
    figure = ("my_figures.py", "0, 1, 101", "0, 1, 51")
    with edited(project, setting, figure) as stages:
        of_setting = {stage for stage in stages if stage.endswith("@extended")}
        assert trainings(stages) == {"train@extended"}
        assert {stage for stage in stages - of_setting if "@" in stage} == {"evaluate@flats_gated"}
        changed = json.loads(project.run("dvc", "params", "diff", "--json").stdout)
        dead_zone = changed["outputs/configs/extended.yaml"].pop("optimizer.dead_zone")
        assert (dead_zone["old"], dead_zone["new"]) == (0.001, 0.002)
        assert changed["outputs/configs/extended.yaml"] == {}


def test_dvc_lists_the_main_figures(project):
    shown = json.loads(project.run("dvc", "metrics", "show", "--json").stdout)
    files = shown[""]["data"]
    figures = files["outputs/flats/headline.json"]["data"]
    test = json.loads(project.read("outputs/flats/metrics.json"))["test"]["accuracy"]
    assert figures["test"]["accuracy"] == test["value"]
    assert [figures["low"], figures["high"]] == [test["low"], test["high"]]
    assert {f"outputs/{name}/headline.json" for name in EXPERIMENTS} == set(files)


def test_collected_cache_keeps_the_present_files(project, tmp_path):
    """The line of docs/operations.md about DVC's cache."""
    copy = project.copy(tmp_path / "copy")
    unused = copy.folder / ".dvc/cache/files/md5/00" / f"{0:030x}"
    unused.parent.mkdir(exist_ok=True)
    unused.write_text("of an earlier version")
    [line] = [block for block in pages.blocks("operations.md", "sh") if "dvc gc" in block]
    copy.run(*line.split())
    assert not unused.exists()
    shutil.rmtree(copy.folder / "outputs")
    copy.run("dvc", "checkout")
    assert (copy.folder / "outputs/flats/model.keras").exists()


def test_experiment_of_dvc_overrides_all_experiments(project):
    """The line of docs/provenance.md, up to the composed settings."""
    page = pages.text("provenance.md")
    [line] = re.findall(r"^dvc exp run .*'overrides=.*$", page, re.MULTILINE)
    before = {name: project.read(name) for name in ("params.yaml", "dvc.lock")}
    try:
        project.run(*shlex.split(line, comments=True), "compose")
        composed = yaml.safe_load(project.read("outputs/configs/flats.yaml"))
        table = project.run("dvc", "exp", "show", "--csv").stdout.splitlines()
    finally:
        for name, text in before.items():
            project.write(name, text)
        project.run("dvc", "repro", "compose")
    assert composed["training"]["epochs"] == 25
    [present] = [row for row in csv.DictReader(table) if row["rev"] == "workspace"]
    assert present["overrides"] == "['training.epochs=25']"
    assert "outputs/flats/headline.json:test.accuracy" in table[0]


def test_only_code_retrains_and_a_claim_does_not(project):
    family = ("conf/model/tabular.yaml", "members: 8", "members: 4")
    own = (OWN, "x * ops.tanh(x)", "x * ops.sin(x)")
    claim = (EXTENDED, "at_most: 5.0", "at_most: 5.1")
    with edited(project, family, own, claim) as stages:
        assert trainings(stages) == {"train@flats", "train@flats_rent", "train@flats_gated"}


def test_own_code_lies_next_to_its_model(project):
    copy = project.read("outputs/flats_gated/code/my_models.py")
    assert copy == project.read(OWN)
    assert json.loads(project.read("outputs/flats/code/index.json")) == {"files": []}


def test_edits_rerun_the_stages_of_the_table(project):
    """Two real edits. `tests/test_dependencies.py` holds the whole table to the digests."""
    code = (LOOP, "def train(", "EDITED = True\n\ndef train(")
    data = ("conf/data/flats.yaml", "drop: [flat]", "drop: [flat]\nrows: 390")
    with edited(project, code, data) as stages:
        trained = {f"train@{name}" for name in EXPERIMENTS}
        evaluated = {"evaluate@flats", "evaluate@flats_gated"}  # their configurations name the data
        assert stages == {
            *trained,
            *evaluated,
            "code_features",
            "prepare@flats",
            "repeat@flats_rent",
            "report",
        }


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


SERVER = "pipeline/preloading/server.py"


def trainers(project: Project) -> list[psutil.Process]:
    """The command that DVC started in the project's folder, its server and the forks of this."""
    processes = psutil.process_iter(["cmdline", "cwd", "ppid"])
    return [
        process
        for process in processes
        if process.info["cwd"] == str(project.folder)
        and any(
            word == "--resolved" or word.endswith(SERVER) for word in process.info["cmdline"] or []
        )
    ]


@pytest.fixture(scope="module")
def endless(project, tmp_path_factory) -> Project:
    """A copy of the project with only one experiment. It would train for days."""
    copy = project.copy(tmp_path_factory.mktemp("endless") / "project")
    experiments = {"flats_rent": params()["experiments"]["flats_rent"]}
    overrides = ["training.epochs=1000000", "training.early_stopping=null", "tracking=memory"]
    changed = {"experiments": experiments, "repeats": {}, "overrides": overrides}
    copy.write_yaml("params.yaml", params() | changed)
    copy.run("dvc", "repro", "compose")
    return copy


def has_fork(running: list[psutil.Process]) -> bool:
    """Whether the server has forked the process that trains."""
    servers = {one.pid for one in running if "--resolved" not in one.info["cmdline"]}
    return any(one.info["ppid"] in servers for one in running)


def test_trainer_ends_with_its_dvc(endless):
    """`tests/preloading/test_stages.py` has other ends, and libraries that are quick to import."""
    dvc = endless.start("dvc", "repro", "--single-item", "train@flats_rent")
    while not has_fork(trainers(endless)):
        assert dvc.poll() is None, dvc.communicate()
        time.sleep(0.1)
    running = trainers(endless)
    dvc.kill()
    dvc.wait()
    _, alive = psutil.wait_procs(running, timeout=60)
    dvc.communicate()
    assert len(running) == 3
    assert alive == trainers(endless) == []


def test_overrides_for_all_cannot_change_data(project):
    project.write_yaml("params.yaml", {**params(), "overrides": ["data.split.seed=1"]})
    result = project.run(*COMPOSE, check=False)
    project.write_yaml("params.yaml", params())
    assert result.returncode == 1
    assert "change the settings of shared data" in result.stderr
