"""Commands in subfolders, and folders with names that a shell or an address could misread."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline import project
from tests.support import ROOT
from tests.support.refusals import refusal

FAKE_PYTHON = """#!/bin/sh
case "$2" in
venv) mkdir "$3" "$3/bin" && cp "$0" "$3/bin/python" ;;
*) echo "$@" ;;
esac
"""


@pytest.fixture
def subfolder(tmp_path, monkeypatch):
    """A folder two levels below the root of a project."""
    root = tmp_path / "my 50% projäct"
    folder = root / "docs/examples"
    folder.mkdir(parents=True)
    (root / "conf").mkdir()
    (root / "conf/config.yaml").touch()
    (root / "params.yaml").touch()
    monkeypatch.chdir(folder)
    return folder


def test_command_enters_the_project_above(subfolder, capsys):
    project.enter()
    root = subfolder.parents[1]
    assert (Path.cwd(), capsys.readouterr().err) == (root, f"in {root}\n")


def test_command_with_paths_says_where_to_go(subfolder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["look", "flats.csv"])
    assert refusal(project.require_root) == (
        "this command takes paths, so it runs in the root of the project. "
        f"Received: {subfolder}. Change the folder first: cd ../.."
    )


def test_help_is_not_refused_in_a_subfolder(subfolder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["look", "--help"])
    project.require_root()


def test_project_itself_is_not_left(subfolder, monkeypatch, capsys):
    monkeypatch.chdir(subfolder.parents[1])
    project.enter()
    project.require_root()
    assert capsys.readouterr().err == ""


@pytest.fixture
def unpacked(tmp_path):
    """What an unpacked ZIP holds of the project, as far as `make` needs it, and a fake Python."""
    folder = tmp_path / "my 50% projäct"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "requirements-uv.lock"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    python = tmp_path / "python"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    return folder, python


def made(folder, python, *words: str) -> list[str]:
    command = ["make", "-s", "-C", str(folder), *words, f"PYTHON={python}", "VENV=.venv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_make_works_in_a_folder_with_spaces_and_other_letters(unpacked):
    lines = made(*unpacked, "experiment", "NAME=toy")
    assert lines[-2:] == ["-m dvc repro evaluate@toy", "-m pipeline.report toy"]


def test_dvc_is_told_that_there_is_no_repository(unpacked):
    folder, python = unpacked
    told = "-m dvc config --local core.no_scm true"
    assert told in made(folder, python, "experiment", "NAME=toy")
    (folder / ".git").mkdir()
    assert told not in made(folder, python, "experiment", "NAME=toy")


def test_help_is_the_default_target(unpacked):
    assert made(*unpacked)[0].split()[:2] == ["make", "help"]


def test_links_to_folders_are_ignored_by_git(tmp_path):
    """A pattern that ends in a slash would ignore only real folders."""
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    for name in (".venv", "data", "outputs"):
        (tmp_path / name).symlink_to(tmp_path.parent)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    status = ["git", "-C", tmp_path, "status", "--porcelain"]
    assert subprocess.check_output(status, text=True) == "?? .gitignore\n"


def test_wheel_has_every_file_of_the_package(tmp_path):
    source = tmp_path / "source"
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "pipeline", source / "pipeline", ignore=no_caches)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", tmp_path, source], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("pipeline/")}
    files = {path for path in (source / "pipeline").rglob("*") if path.is_file()}
    assert held == {path.relative_to(source).as_posix() for path in files}
