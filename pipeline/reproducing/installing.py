"""Installs the packages of a run into an environment of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.layout import LOCK

_READY = ".ready"


def environment_of(work_tree: Path) -> str:
    """Installs the lock file of a work tree next to it, unless an earlier call did.

    Returns:
        The path of the interpreter.

    Raises:
        PipelineError: there is no lock file, or the installation failed.
    """
    lock, folder = work_tree / LOCK, _folder(work_tree)
    python = folder / "bin/python"
    if (folder / _READY).is_file():
        return str(python)
    if not lock.is_file():
        raise PipelineError(
            f"the commit of the run has no {LOCK}, so its packages are not known",
            expected="Use the present packages with: --allow-environment",
        )
    shutil.rmtree(folder, ignore_errors=True)
    log(f"installs the packages of {lock}; this takes minutes")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)],
    ):
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise PipelineError(
                "installing the packages of the run failed",
                received=" ".join(command),
                expected="The message of pip is above",
            )
    (folder / _READY).touch()
    return str(python)


def remove(work_tree: Path) -> None:
    """Removes the environment of a work tree, because it takes gigabytes."""
    shutil.rmtree(_folder(work_tree), ignore_errors=True)


def _folder(work_tree: Path) -> Path:
    return work_tree.parent / "environment"
