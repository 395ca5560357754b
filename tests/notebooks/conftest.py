"""A project with prepared flowers and a run of them, for all tests of notebooks."""

import shutil
from pathlib import Path

import pytest

from pipeline import fetch, prepare
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.stores import add_store


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flowers")
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "params.yaml", folder)
    add_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("sys.argv", ["fetch", "source=iris"])
        fetch.main()
        patch.setattr("sys.argv", ["prepare", "data=iris_setosa"])
        prepare.main()
    return folder


@pytest.fixture
def in_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the project the current folder of a test."""
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return project
