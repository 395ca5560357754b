"""Commands that start without importing the libraries again.

`variables()` starts a server, and makes each `python -m pipeline.<command>`, each `dvc` and each
process of trials a fork of it.
"""

import atexit
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.support import ROOT

_FOLDER = Path(__file__).parent
_PATIENCE = 120  # seconds


@cache
def variables() -> dict[str, str]:
    """The variables with which commands start as forks. The server ends with this process.

    A command in a folder without a `pipeline/` of its own is that of this project.
    """
    folder = Path(mkdtemp(prefix="warm-"))
    place, log = folder / "socket", folder / "log.txt"
    paths = [str(_FOLDER), *filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)]
    added = {"PYTHONPATH": os.pathsep.join(paths)}
    with log.open("wb") as file:
        server = subprocess.Popen(
            [sys.executable, str(_FOLDER / "server.py"), str(place)],
            env=os.environ | added,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    atexit.register(_end, server, folder)
    limit = time.monotonic() + _PATIENCE
    while not place.exists():
        if server.poll() is not None or time.monotonic() > limit:
            raise SystemExit(log.read_text(encoding="utf-8"))
        time.sleep(0.05)
    return added | {"TESTS_WARM_SERVER": str(place)}


def _end(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.terminate()
    server.wait()
    shutil.rmtree(folder)
