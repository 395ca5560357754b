"""Runs commands of the work tree in the environment of the run."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import environment
from pipeline.errors import PipelineError
from pipeline.files import write_json

# These variables would lead to other records, or to stages of DVC that do not run.
_NOT_HANDED_ON = ("MLFLOW_", "DVC_", "KERAS_BACKEND")


@dataclass(frozen=True)
class Commands:
    """Runs `python -m pipeline.<command>` in a work tree.

    Args:
        recorded: `pipeline.environment.settings` of the run.
        python: the interpreter.
    """

    folder: Path
    recorded: Mapping[str, Any]
    python: str

    def run(self, command: str, *arguments: str) -> None:
        """Runs a command, and shows what it says on stderr.

        Raises:
            PipelineError: it failed.
        """
        done = subprocess.run(
            [self.python, "-m", f"pipeline.{command}", *arguments],
            cwd=self.folder,
            env=self._variables(),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise PipelineError(
                f"python -m pipeline.{' '.join([command, *arguments])} failed in {self.folder}",
                received=f"exit code {done.returncode}",
                expected="Its message is above",
            )

    def _variables(self) -> dict[str, str]:
        """The variables of this process, except the recorded kinds: those come from the run."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not (environment.is_setting(name) or name.startswith(_NOT_HANDED_ON))
        }
        # A changed record must not set any other variable, such as LD_PRELOAD.
        of_the_run = {
            name: value
            for name, value in self.recorded["variables"].items()
            if environment.is_setting(name)
        }
        return inherited | of_the_run | self._home_of_keras()

    def _home_of_keras(self) -> dict[str, str]:
        """Gives Keras the settings of the run, if those of this machine differ."""
        recorded = self.recorded["keras"]
        if recorded == environment.settings()["keras"]:
            return {}
        home = self.folder / ".keras"
        home.mkdir(exist_ok=True)
        own = {key: value for key, value in recorded.items() if key != "dtype_policy"}
        write_json(home / "keras.json", own | {"backend": "tensorflow"})
        return {"KERAS_HOME": str(home)}


def differing_variables(recorded: Mapping[str, Any]) -> list[str]:
    """The variables that had another value in the run than in this process, in words."""
    then, now = recorded["variables"], environment.settings()["variables"]
    return [
        f"{name} was {then.get(name, 'not set')}, and here it is {now.get(name, 'not set')}"
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    ]
