"""The state of real Git work trees."""

import subprocess
from pathlib import Path

import pytest

from pipeline.runs.git import Git, state


def git(folder: Path, *arguments: str) -> str:
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    command = ["git", "-C", str(folder), *author, "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A clean work tree of two files on the branch main."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "code.py").write_text("one = 1\n")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=First")
    return tmp_path


def restored(tree: Path, patch: str) -> dict[str, str]:
    """The files of a fresh checkout after the patch."""
    git(tree, "stash", "--include-untracked", "--quiet")
    (tree.parent / "run.patch").write_text(patch)
    git(tree, "apply", str(tree.parent / "run.patch"))
    return {path.name: path.read_text() for path in tree.iterdir() if path.is_file()}


def test_clean_tree_is_its_commit_and_branch(tree):
    commit = git(tree, "rev-parse", "HEAD").strip()
    assert state(tree) == Git(commit, "main", dirty=False, patch="")


def test_changed_file_is_in_the_patch(tree):
    (tree / "code.py").write_text("one = 2\n")
    changed = state(tree)
    assert changed.dirty
    assert restored(tree, changed.patch)["code.py"] == "one = 2\n"


def test_staged_change_is_in_the_patch(tree):
    (tree / "code.py").write_text("one = 2\n")
    git(tree, "add", "code.py")
    assert "+one = 2" in state(tree).patch


def test_new_file_is_in_the_patch(tree):
    (tree / "new file.py").write_text("two = 2\n")
    changed = state(tree)
    assert changed.dirty
    assert restored(tree, changed.patch)["new file.py"] == "two = 2\n"


def test_patch_of_a_subfolder_covers_the_tree(tree):
    (tree / "sub").mkdir()
    (tree / "new.py").write_text("two = 2\n")
    assert "+two = 2" in state(tree / "sub").patch


def test_patch_only_names_a_large_new_file(tree):
    (tree / "large.bin").write_bytes(b"x" * ((1 << 20) + 1))
    assert state(tree).patch == "# large.bin: a new file too large for this patch\n"


def test_lock_file_of_dvc_keeps_a_tree_clean(tree):
    (tree / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    assert (state(tree).dirty, state(tree).patch) == (False, "")


def test_ignored_file_keeps_a_tree_clean(tree):
    (tree / ".git/info/exclude").write_text("outputs/\n")
    (tree / "outputs").mkdir()
    (tree / "outputs/model.keras").write_text("x")
    assert not state(tree).dirty


def test_folder_outside_a_repository_has_no_state(tmp_path):
    assert state(tmp_path) is None


def test_repository_without_a_commit_has_no_state(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert state(tmp_path) is None
