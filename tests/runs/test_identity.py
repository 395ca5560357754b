"""Where a run comes from: real git repositories, and the key that binds settings, data and code."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.runs import identity as lineage
from tests.support.metas import images

SETTINGS = {
    "name": "toy",
    "seed": 1,
    "training": {"threads": 2},
    "tracking": {"store": "mlflow", "log_model": True},
}


def git(folder: Path, *arguments: str) -> str:
    identity = [
        "-c",
        "user.name=Test",
        "-c",
        "user.email=test@example.org",
        "-c",
        "commit.gpgsign=false",
    ]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path):
    """A clean work tree of two files on the branch main."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "code.py").write_text("one = 1\n")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=First")
    return tmp_path


def restored(repository: Path, patch: str) -> dict[str, str]:
    """The work tree that a patch makes of a fresh checkout."""
    git(repository, "stash", "--include-untracked", "--quiet")
    (repository.parent / "run.patch").write_text(patch)
    git(repository, "apply", str(repository.parent / "run.patch"))
    return {path.name: path.read_text() for path in repository.iterdir() if path.is_file()}


def test_a_clean_tree_is_its_commit_and_branch(repository):
    found = lineage.git_state(repository)
    assert found == lineage.Git(
        git(repository, "rev-parse", "HEAD").strip(), "main", dirty=False, patch=""
    )


def test_a_changed_file_makes_the_tree_dirty_and_is_in_the_patch(repository):
    (repository / "code.py").write_text("one = 2\n")
    found = lineage.git_state(repository)
    assert found.dirty
    assert restored(repository, found.patch)["code.py"] == "one = 2\n"


def test_a_staged_change_is_in_the_patch(repository):
    (repository / "code.py").write_text("one = 2\n")
    git(repository, "add", "code.py")
    assert "+one = 2" in lineage.git_state(repository).patch


def test_a_new_file_is_in_the_patch(repository):
    (repository / "new file.py").write_text("two = 2\n")
    found = lineage.git_state(repository)
    assert found.dirty
    assert restored(repository, found.patch)["new file.py"] == "two = 2\n"


def test_a_new_file_is_in_the_patch_also_from_a_folder_below(repository):
    (repository / "sub").mkdir()
    (repository / "new.py").write_text("two = 2\n")
    assert "+two = 2" in lineage.git_state(repository / "sub").patch


def test_a_large_new_file_is_only_named(repository):
    (repository / "large.bin").write_bytes(b"x" * ((1 << 20) + 1))
    assert (
        lineage.git_state(repository).patch == "# large.bin: a new file too large for this patch\n"
    )


def test_the_lock_of_dvc_does_not_make_a_tree_dirty(repository):
    (repository / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    found = lineage.git_state(repository)
    assert (found.dirty, found.patch) == (False, "")


def test_an_ignored_file_does_not_make_a_tree_dirty(repository):
    (repository / ".git/info/exclude").write_text("outputs/\n")
    (repository / "outputs").mkdir()
    (repository / "outputs/model.keras").write_text("x")
    assert not lineage.git_state(repository).dirty


def test_there_is_no_state_outside_a_repository(tmp_path):
    assert lineage.git_state(tmp_path) is None


def test_there_is_no_state_before_the_first_commit(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert lineage.git_state(tmp_path) is None


def key(meta=None, **changed) -> str:
    return lineage.run_key(lineage.identity(SETTINGS | changed, meta or images()))


def key_of_a_new_process() -> str:
    """The key by the code as it is on disk now, which a process reads once."""
    lineage.code_digest.cache_clear()
    return key()


@pytest.fixture(autouse=True)
def _code_as_it_is():
    yield
    lineage.code_digest.cache_clear()


def test_equal_runs_have_equal_keys():
    assert key() == key()
    assert len(key()) == 64


def test_the_key_depends_on_settings():
    assert len({key(), key(seed=2), key(training={"threads": 1})}) == 3


def test_the_key_depends_on_data():
    meta = images()
    assert key() != key(replace(meta, digests=meta.digests | {"train": "9" * 32}))


def test_the_key_does_not_depend_on_tracking():
    assert key() == key(tracking={"store": "memory", "log_model": False})


def test_the_key_does_not_depend_on_checkpoints():
    assert key() == key(checkpoint={"every": 100})


def test_the_key_depends_on_code(tmp_path, monkeypatch):
    for name in ("config", "data", "models", "training"):
        (tmp_path / name).mkdir()
    (tmp_path / "experiment.py").write_text("run = 1\n")
    monkeypatch.setattr(lineage, "_PACKAGE", tmp_path)
    before = key_of_a_new_process()
    (tmp_path / "models/mlp.py").write_text("units = 1\n")
    assert key_of_a_new_process() != before


def test_code_that_is_edited_under_a_process_is_not_what_it_runs(tmp_path, monkeypatch):
    (tmp_path / "experiment.py").write_text("run = 1\n")
    monkeypatch.setattr(lineage, "_PACKAGE", tmp_path)
    before = key_of_a_new_process()
    (tmp_path / "experiment.py").write_text("run = 2\n")
    assert key() == before


def test_the_key_does_not_depend_on_reports(tmp_path, monkeypatch):
    (tmp_path / "experiment.py").write_text("run = 1\n")
    monkeypatch.setattr(lineage, "_PACKAGE", tmp_path)
    before = key_of_a_new_process()
    (tmp_path / "report.py").write_text("print()\n")
    assert key_of_a_new_process() == before


def test_an_identity_that_was_kept_as_json_has_the_same_key_and_no_difference():
    current = lineage.identity(
        SETTINGS | {"units": (5, 4), "rate": 1e-4, "limit": float("nan")}, images()
    )
    stored = json.loads(json.dumps(current))
    assert lineage.run_key(stored) == lineage.run_key(current)
    assert lineage.difference(stored, current) is None


@pytest.mark.parametrize(
    ("stored", "current", "expected"),
    [
        ({"a": {"b": {"c": 32}}}, {"a": {"b": {"c": 64}}}, ("a.b.c", 32, 64)),
        ({"a": 1, "b": 1}, {"b": 2, "a": 2}, ("b", 1, 2)),
        ({"a": {"b": 1}, "c": 1}, {"a": {"b": 1}, "c": 2}, ("c", 1, 2)),
        ({"a": [1, 2]}, {"a": [1, 3]}, ("a", [1, 2], [1, 3])),
        ({"a": 1}, {"a": 1.0}, ("a", 1, 1.0)),
        ({}, {"a": 1}, ("a", None, 1)),
        ({"a": 1}, {}, ("a", 1, None)),
        ({}, {"a": None}, ("a", None, None)),
        ({"a": {"b": 1}}, {"a": {}}, ("a.b", 1, None)),
        ({"a": {"b": 1}}, {"a": None}, ("a", {"b": 1}, None)),
        ({"a": 1}, {"a": {"b": 1}}, ("a", 1, {"b": 1})),
        ({"gone": 1, "a": 1}, {"a": 2}, ("a", 1, 2)),
    ],
)
def test_the_first_difference_is_told_by_its_dotted_name(stored, current, expected):
    assert lineage.difference(stored, current) == expected
    assert lineage.run_key(stored) != lineage.run_key(current)


@pytest.mark.parametrize(
    ("stored", "current"),
    [({}, {}), ({"a": {"b": 1}, "c": 2}, {"c": 2, "a": {"b": 1}}), ({"a": (1,)}, {"a": [1]})],
)
def test_equal_identities_have_no_difference(stored, current):
    assert lineage.difference(stored, current) is None


def test_tags_say_experiment_stage_data_and_versions():
    found = lineage.tags("toy_mlp", "k" * 64, images(), None)
    assert {
        name: found[name] for name in ("experiment", "stage", "run_key", "data", "data.source")
    } == {
        "experiment": "toy_mlp",
        "stage": "train",
        "run_key": "k" * 64,
        "data": "toy",
        "data.source": "toy",
    }
    assert found["data.digest.train"] == "1" * 32
    assert {f"version.{name}" for name in ("keras", "numpy", "tensorflow")} <= set(found)
    assert not [name for name in found if "git" in name]


def test_tags_say_where_git_stands():
    found = lineage.tags("toy", "k", images(), lineage.Git("abc", "main", dirty=True, patch=""))
    assert {name: found[name] for name in found if "git" in name} == {
        "git.commit": "abc",
        "git.branch": "main",
        "git.dirty": "true",
        "mlflow.source.git.commit": "abc",
    }


def test_tags_name_the_stage_and_experiment_of_dvc(monkeypatch):
    monkeypatch.setenv("DVC_STAGE", "train@toy")
    monkeypatch.setenv("DVC_EXP_NAME", "odd-name")
    found = lineage.tags("toy", "k", images(), None)
    assert (found["stage"], found["dvc.exp_name"]) == ("train@toy", "odd-name")
