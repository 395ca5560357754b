"""A copy of the project in a folder of its own, driven by its real commands."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support import ROOT

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
    """A repository with the project's files, committed, and no data yet."""

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
        self.run("git", "add", ".")
        self.run(
            "git",
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "commit",
            "--quiet",
            "--message",
            "begin",
        )

    def run(
        self, *command: str, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command in the project with the interpreter of this test first on the path."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=_variables(environment),
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
        """Starts a command and does not wait for it."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.folder, env=_variables({}), stdout=pipe, stderr=pipe, text=True
        )

    def read_yaml(self, name: str) -> Any:
        return yaml.safe_load((self.folder / name).read_text(encoding="utf-8"))

    def write_yaml(self, name: str, values: Mapping[str, Any]) -> None:
        (self.folder / name).write_text(
            yaml.safe_dump(dict(values), sort_keys=False), encoding="utf-8"
        )

    def replace(self, name: str, old: str, new: str) -> str:
        """Edits a file, and returns its text from before."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text


def _variables(given: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of the pipeline, the interpreter of this test first on the path."""
    names = ("DATA_MIRROR", "MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_STAGE", "PIPELINE_DEBUG")
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    path = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"
    return {**inherited, "PATH": path, "DVC_NO_ANALYTICS": "1", **given}
