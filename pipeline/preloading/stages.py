"""Shares one server among the stages of a `dvc repro`.

The first stage that needs TensorFlow starts the server, and all of them run as its forks. `compose`
starts it for the stages after it. It ends with DVC. Without Linux, or when anything is unusual, a
stage imports the libraries itself.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from socket import socket

from pipeline import command_line
from pipeline.preloading import client
from pipeline.preloading.ending import module_of_command

LIBRARIES = (
    "tensorflow",
    "keras",
    "mlflow",
    "mlflow.store.tracking.sqlalchemy_store",
    "sqlalchemy.dialects.sqlite",
    "alembic.command",
    "matplotlib.backends.backend_agg",
    "PIL.PngImagePlugin",
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "pipeline.preloading.preloaded",
)


def run_command(main: Callable[[], None]) -> None:
    """Like `command_line.run_command`, as a fork of the server if this is a stage of DVC."""
    command_line.run_command(lambda: _run(main))


def _run(main: Callable[[], None]) -> None:
    status = _status_of_a_fork()
    if status is None:
        main()
    else:
        client.end_as(status)


def start_ahead() -> None:
    """Starts the server of later stages. It imports on another core while this stage runs."""
    if _module_of_stage() is not None and (os.cpu_count() or 1) > 1:
        server = _server(os.getppid())
        if server is not None:
            server.close()


def _status_of_a_fork() -> int | None:
    """Runs this command as a fork, and returns its status. None if it must run here."""
    module = _module_of_stage()
    server = _server(os.getppid()) if module is not None else None
    if module is None or server is None:
        return None
    with server:
        return client.hand_over(server, module, sys.argv[1:])


def _module_of_stage() -> str | None:
    """The module of this command. None if it cannot share a server, or is no stage of DVC."""
    if sys.platform != "linux" or not os.environ.get("DVC_STAGE"):
        return None
    return module_of_command()


def _server(owner: int) -> socket | None:
    """Connects to the server of a process, and starts it if there is none."""
    try:
        address = _address(owner)
        return client.connected(address) or client.started(
            address, owner, LIBRARIES, variables=os.environ
        )
    except OSError:  # such as a parent outside this container
        return None


def _address(owner: int) -> str:
    """The address of the server of a process. Its start time distinguishes equal process ids."""
    start = Path(f"/proc/{owner}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    return f"keras-pipeline-{os.getuid()}-{owner}-{start}"
