"""A temporary copy of the project, for tests that run its real commands."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support import ROOT, warm

_PARTS = (
    "pipeline",
    "conf",
    "docs",
    ".dvc/config",
    ".dvc/.gitignore",
    ".dvcignore",
    ".gitignore",
    "dvc.yaml",
    "params.yaml",
)


class Project:
    """A git repository with the project's files committed. It has no data yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in _PARTS:
            target = folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, target)
        self.run("git", "init", "--quiet")
        self.commit()

    def copy(self, folder: Path) -> "Project":
        """Copies the project with its data and results."""
        return Project.at(shutil.copytree(self.folder, folder, symlinks=True))

    @classmethod
    def at(cls, folder: Path) -> "Project":
        """The project in a folder, such as a clone."""
        project = cls.__new__(cls)
        project.folder = folder
        return project

    def commit(self) -> None:
        """Commits all files."""
        author = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        self.run("git", "add", ".")
        self.run("git", *author, "commit", "--quiet", "--message", "Commit all files")

    def run(
        self, *command: str, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command in the project.

        Args:
            check: raise an error unless the exit code is 0.
            environment: variables to add to the command's environment.
        """
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=_variables(warm.variables() | environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Starts a command in the project, not as a fork, without waiting for it."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.folder, env=_variables({}), stdout=pipe, stderr=pipe, text=True
        )

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def write_yaml(self, name: str, values: Mapping[str, Any]) -> None:
        self.write(name, yaml.safe_dump(dict(values), sort_keys=False))

    def replace(self, name: str, old: str, new: str) -> str:
        """Replaces text in a file, and returns the file's text from before."""
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new))
        return text


def _variables(added: Mapping[str, str]) -> dict[str, str]:
    """The environment without the pipeline's settings, with this interpreter first on PATH."""
    names = ("DATA_MIRROR", "MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_STAGE", "PIPELINE_DEBUG")
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    path = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"
    return {**inherited, "PATH": path, "DVC_NO_ANALYTICS": "1", **added}
