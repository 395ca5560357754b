"""Commands that start without importing the libraries again.

`variables()` starts a server of `pipeline.preloading`, and makes each `python -m
pipeline.<command>`, each `dvc`, each `pytest` and each process of trials a fork of it.
"""

import atexit
import os
import shutil
import signal
import struct
from functools import cache
from pathlib import Path
from socket import SO_PEERCRED, SOL_SOCKET, socket
from tempfile import mkdtemp

from pipeline.preloading import client, stages
from tests.support import ROOT

_FOLDER = Path(__file__).parent
_ADDRESS = "TESTS_WARM_SERVER"
_LIBRARIES = (
    *stages.LIBRARIES,
    "mlflow.keras",
    "mlflow.pyfunc",
    "sklearn.impute",
    "sklearn.preprocessing",
    "sklearn.metrics",
    "pyarrow.csv",
    "hydra",
    "keras_tuner",
    "seaborn",
    "jinja2",
    "sklearn.datasets",
    "pyarrow.pandas_compat",
    "dvc.cli.parser",
    "dvc.repo",
    "networkx",
    "scmrepo.git",
    "server_bytecode",  # beside this file
)


@cache
def variables() -> dict[str, str]:
    """The variables with which commands start as forks. The server ends with this process.

    The workers of a parallel run inherit the server of the process that distributes the tests.

    A command in a folder without a `pipeline/` of its own is that of this project. The modules of
    the commands are compiled once, and their folders receive no bytecode.
    """
    paths = [str(_FOLDER), *filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)]
    added = {"PYTHONPATH": os.pathsep.join(paths)}
    return added | {_ADDRESS: os.environ.get(_ADDRESS) or _start(added)}


def share() -> None:
    """Starts the server for this process and all that it starts."""
    os.environ[_ADDRESS] = variables()[_ADDRESS]


def _start(added: dict[str, str]) -> str:
    """Starts a server. Returns its address."""
    folder = Path(mkdtemp(prefix="warm-"))
    address = f"{folder.name}-{os.getpid()}"
    own = {"TESTS_WARM_BYTECODE": str(folder / "bytecode")}
    log = folder / "log.txt"
    server = client.started(
        address, os.getpid(), _LIBRARIES, variables=os.environ | added | own, log=str(log)
    )
    if server is None:
        raise SystemExit(log.read_text(encoding="utf-8"))
    atexit.register(_end, _process(server), folder)
    server.close()
    return address


def _process(server: socket) -> int:
    (process,) = struct.unpack("i8x", server.getsockopt(SOL_SOCKET, SO_PEERCRED, 12))
    return process


def _end(process: int, folder: Path) -> None:
    """Ends the server before it writes more bytecode into its folder."""
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    shutil.rmtree(folder)
