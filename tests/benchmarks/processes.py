"""Times whole commands, each in a process of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

_OF_THE_CALLER = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "TESTS_WARM_SERVER")


def seconds_of(folder: Path, *command: str) -> float:
    """Runs a command in a folder, with this interpreter first on PATH.

    Raises:
        SystemExit: it failed.
    """
    variables = {name: value for name, value in os.environ.items() if name not in _OF_THE_CALLER}
    path = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables | {"PATH": path, "DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return seconds
