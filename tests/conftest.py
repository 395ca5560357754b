"""Fixtures of all tests. No test sees settings of the machine or reaches the network."""

import gc
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import warm
from tests.support.toy import prepare_all

gc.disable()  # until all tests are imported: nothing of that is garbage

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")  # a busy machine is slow, so examples have no deadline

_MANY_COLLECTIONS = 20  # of young objects, each after 7,000 new ones
_SETTINGS = ("DATA_MIRROR", "MLFLOW_TRACKING_URI", "PIPELINE_DEBUG")


_OF_ONE_PROJECT = (
    "end_to_end/test_dvc.py",
    "end_to_end/test_your_own_csv.py",
    "end_to_end/test_extending.py",
)
_LONG = (
    *_OF_ONE_PROJECT,
    "engines/test_compiled.py",
    "end_to_end/test_kills.py",
    "tests/test_experiment_resumed.py",
    "end_to_end/test_sweeps.py",
    "tests/test_experiment.py",
    "training/test_resume.py",
    "tests/test_train.py",
    "tests/test_tune.py",
    "config/test_composition.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Starts one server of forks for all workers, while they collect the tests."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts programs in the background so, and the commands of tests inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if getattr(config.option, "numprocesses", None):
        warm.share()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the longest files first.

    At the end, one worker would wait while the other runs them.
    """
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    name = "/".join(item.path.parts[-2:])
    if name in _LONG:
        return _LONG.index(name)
    return len(_LONG)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives all files of one project to one worker, because the project takes minutes to build."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "project" if file.endswith(_OF_ONE_PROJECT) else file

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    gc.enable()
    _exempt()


def _exempt() -> None:
    """Exempts the objects that exist from garbage collection.

    With those of TensorFlow, MLflow, pytest and earlier tests, each time takes 0.3 seconds.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _no_garbage_of_earlier_files() -> None:
    if gc.get_count()[2] > _MANY_COLLECTIONS:
        _exempt()


@pytest.fixture(scope="module", autouse=True)
def _plain_environment_of_a_file() -> None:
    """MLflow sets its variable to the store that an earlier file used last."""
    for name in _settings_of_the_machine():
        del os.environ[name]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _settings_of_the_machine():
        monkeypatch.delenv(name)


def _settings_of_the_machine() -> list[str]:
    return [name for name in os.environ if name in _SETTINGS or name.startswith("DVC_")]


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a test connected to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare_all(folder)
    return folder


@pytest.fixture(scope="module")
def repository(_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `conf/` and the prepared toy data `shapes`, `pairs` and `prices`."""
    folder = tmp_path_factory.mktemp("repository")
    return shutil.copytree(_prepared, folder, dirs_exist_ok=True)


@pytest.fixture
def in_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes `repository` the current folder of a test."""
    monkeypatch.chdir(repository)
    return repository


@pytest.fixture
def with_warm_commands(in_repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes `repository` the current folder, and the commands that a test starts forks."""
    for name, value in warm.variables().items():
        monkeypatch.setenv(name, value)
    return in_repository


@pytest.fixture
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes an empty folder the current folder of a test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs the `main` of a command in this process, with some arguments."""

    def call(command: ModuleType, *arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", [command.__name__.rpartition(".")[2], *arguments])
        command.main()

    return call
