"""A stage that prints what it is: its libraries, its true parent and its arguments.

    python -m tests.support.stage [wait | fail] WORD...
    python -m tests.support.stage ahead         starts the server, and prints whether it is there

The server imports only `wave`, because TensorFlow takes seconds.
"""

import os
import sys
import time
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.preloading import stages

stages.LIBRARIES = ("wave",)


def main() -> None:
    """Prints, and then waits, fails or ends."""
    parent = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
    print(  # noqa: T201
        "wave" in sys.modules, parent, *sys.argv[1:], flush=True
    )
    if sys.argv[1:] == ["wait"]:
        time.sleep(60)  # if no signal comes
    if sys.argv[1:] == ["fail"]:
        raise PipelineError("the stage failed", received="fail")


def start_ahead() -> None:
    """Starts the server as `compose` does."""
    stages.start_ahead()
    print(stages.client.connected(stages._address(os.getppid())) is not None)  # noqa: T201


if __name__ == "__main__":
    if sys.argv[1:] == ["ahead"]:
        start_ahead()
    else:
        stages.run_command(main)
