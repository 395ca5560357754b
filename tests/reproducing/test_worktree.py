"""Work trees of a run's commit with its patch, in real repositories."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from pipeline.reproducing import worktree
from pipeline.reproducing.original import Original
from tests.support.refusals import refusal

AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.org")


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *AUTHOR, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch) -> Path:
    """A repository with one commit, and a change after it."""
    folder = tmp_path / "the project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "--quiet")
    Path("code.py").write_text("one = 1\n")
    Path(".gitignore").write_text("/mlruns/\n")
    git("add", ".")
    git("commit", "--quiet", "--message", "First")
    Path("code.py").write_text("one = 2\n")
    return folder


def original(commit: str | None = None, patch: bytes = b"") -> Original:
    commit = commit or git("rev-parse", "HEAD").strip()
    recorded = {"commit": commit, "patch": hashlib.sha256(patch).hexdigest()}
    lineage = {"git": recorded, "run_key": "k", "identity": {"settings": {}}}
    return Original("a" * 32, "iris", {}, lineage, patch, "f", {}, {}, {}, [], None)


def test_tree_has_the_commit_and_not_the_present_files():
    folder = worktree.check_out(original())
    assert (folder / "code.py").read_text() == "one = 1\n"


def test_patch_is_applied():
    patch = git("diff", "--binary").encode()
    folder = worktree.check_out(original(patch=patch))
    assert (folder / "code.py").read_text() == "one = 2\n"


def test_patch_of_comments_only_is_no_patch():
    folder = worktree.check_out(original(patch=b"# secret.txt: a file of secrets, by its name\n"))
    assert (folder / "code.py").read_text() == "one = 1\n"


def test_users_files_stay_as_they_are():
    before = git("status", "--porcelain")
    worktree.remove(worktree.check_out(original()))
    assert git("status", "--porcelain") == before
    assert git("worktree", "list").count("\n") == 1


def test_incomplete_tree_is_made_again():
    folder = worktree.check_out(original())
    (folder / ".ready").unlink()
    (folder / "code.py").unlink()
    assert (worktree.check_out(original()) / "code.py").is_file()


def test_complete_tree_of_a_killed_reproduction_stays():
    folder = worktree.check_out(original())
    (folder / "checkpoint").touch()
    assert (worktree.check_out(original()) / "checkpoint").is_file()


def test_unknown_commit_is_refused():
    message = refusal(worktree.check_out, original(commit="0" * 40))
    assert message.startswith(
        "this repository does not have the commit of the run, 0000000000000000000000000000000000000"
    )


def test_patch_that_does_not_apply_is_refused_and_leaves_nothing():
    patch = git("diff", "--binary").encode().replace(b"-one = 1", b"-one = 9")
    message = refusal(worktree.check_out, original(patch=patch))
    assert message.startswith("checking out the code of the run failed. Received: ")
    assert not worktree.folder_of(original()).exists()
