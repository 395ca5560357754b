"""Runs git in a plain way: without settings that change its output, and in limited time."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

# The rest of the user's settings stays. It says what is ignored and whom git trusts.
_SETTINGS = (
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "diff.orderFile=/dev/null",
)
_LONGEST_REASON = 300  # characters


class GitError(Exception):
    """Why git did not answer, in one line."""


@dataclass(frozen=True)
class GitCommands:
    """Runs git in one folder.

    Args:
        deadline: the time of `time.monotonic` at which a running git is ended.
        environment: variables to add.
    """

    folder: Path
    deadline: float
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str | bytes, data: bytes = b"") -> bytes:
        """Runs a git command with `data` on stdin and returns its stdout.

        Raises:
            GitError: git is missing, failed, or was too slow.
        """
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        try:
            # A group of its own, because git may wait for a child that hangs, such as a filter.
            with subprocess.Popen(
                ["git", *settings, *arguments],
                cwd=self.folder,
                env=_variables() | self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            ) as process:
                try:
                    seconds = max(0.0, self.deadline - time.monotonic())
                    output, errors = process.communicate(data, timeout=seconds)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    raise GitError("git took too long") from None
        except OSError as error:
            raise GitError(f"starting git failed: {error.strerror}") from None
        if process.returncode != 0:
            reason = " ".join(errors.decode("utf-8", "backslashreplace").split())
            raise GitError(reason[:_LONGEST_REASON] or f"git ended with {process.returncode}")
        return output

    def plain(self, folder: Path) -> "GitCommands":
        """Runs git in a folder of our own, without any setting of the user."""
        variables = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            # Without it, `git fast-import` spends most of its time on getting the same memory from
            # the kernel for each file.
            "MALLOC_TRIM_THRESHOLD_": str(1 << 26),
        }
        return GitCommands(folder, self.deadline, variables)


def _variables() -> dict[str, str]:
    """The environment of git. Variables such as GIT_DIR would show it another repository."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return inherited | {
        "GIT_NO_LAZY_FETCH": "1",  # a partial clone would connect to its server
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",  # otherwise `git status` writes to the index
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
