"""A process that has imported the libraries, and forks once for each command.

The libraries take 8 seconds of CPU to import, so tests that run hundreds of commands would mostly
wait for imports. Nothing is used before the fork: TensorFlow has no device yet, and no module of
`pipeline` is loaded. Each command is a process of its own, with its own folder, variables,
descriptors and signals. It is killed if the process that asked for it dies, and `os.getppid()`
returns the parent of that process.
"""

import fcntl
import gc
import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from sitecustomize import settings_of_imports

_LIBRARIES = (
    "tensorflow",
    "keras",
    "mlflow",
    "mlflow.keras",
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.preprocessing",
    "pandas",
    "pyarrow.csv",
    "scipy.stats",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "hydra",
    "keras_tuner",
    "sqlalchemy.dialects.sqlite",
    "alembic.command",
    "seaborn",
    "jinja2",
    "PIL.PngImagePlugin",
    "sklearn.datasets",
    "pyarrow.pandas_compat",
    "dvc.cli.parser",
    "dvc.repo",
    "networkx",
    "scmrepo.git",
)


class _Server:
    """The process that forks. It serves until the process that started it ends."""

    def __init__(self, place: str, settings: dict[str, str]) -> None:
        self.settings = settings
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(place)
        self.listener.listen(64)
        self.owner = os.pidfd_open(os.getppid())
        self.commands: dict[int, tuple[int, socket.socket]] = {}  # by pidfd: process and client

    def next_request(self) -> dict[str, Any]:
        """Waits for requests. Returns one in each process that is forked to run it."""
        while True:
            clients = {client: child for child, client in self.commands.values()}
            readable, _, _ = select.select(
                [self.listener, self.owner, *self.commands, *clients], [], []
            )
            for event in readable:
                if event is self.listener:
                    request = self._accept()
                    if request is not None:
                        return request
                elif event == self.owner:
                    raise SystemExit
                elif event in self.commands:
                    self._end(event)
                elif _has_died(event):
                    with suppress(ProcessLookupError):  # its command has just ended
                        os.kill(clients[event], signal.SIGKILL)

    def _accept(self) -> dict[str, Any] | None:
        client, _ = self.listener.accept()
        received = _received(client)
        if received is None:
            client.close()
            return None
        request, streams = received
        child = os.fork() if request["settings"] == self.settings else None
        if child == 0:
            for one in (self.listener, client, *(own for _, own in self.commands.values())):
                one.detach()  # Python would close its number; the command may own it by then
            _take(streams, request["descriptors"])
            return request
        if child is None:
            client.close()
        else:
            self.commands[os.pidfd_open(child)] = child, client
            with suppress(OSError):  # a client may be killed at any time
                client.sendall(struct.pack("i", child))
        for stream in streams:
            os.close(stream)
        return None

    def _end(self, ended: int) -> None:
        child, client = self.commands.pop(ended)
        os.close(ended)
        _, status = os.waitpid(child, 0)
        with client, suppress(OSError):
            client.sendall(struct.pack("i", status))


def _received(client: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """A request and its streams. None if the client died before it had sent all of it."""
    streams: list[int] = []
    try:
        head, streams, *_ = socket.recv_fds(client, 4, 64)
        (size,) = struct.unpack("I", head)
        return json.loads(client.recv(size, socket.MSG_WAITALL)), streams
    except (OSError, struct.error, ValueError):
        for stream in streams:
            os.close(stream)
        return None


def _take(streams: list[int], numbers: list[int]) -> None:
    """Gives the descriptors of a client their numbers, and closes all others."""
    free = max(numbers) + 1
    copies = [fcntl.fcntl(stream, fcntl.F_DUPFD, free) for stream in streams]
    for copy, number in zip(copies, numbers, strict=True):
        os.dup2(copy, number)
    for number in {int(name) for name in os.listdir("/dev/fd")} - set(numbers):  # noqa: PTH208
        with suppress(OSError):  # it listed the folder
            os.close(number)


def _has_died(client: socket.socket) -> bool:
    """Whether a client that has become readable has died. It sends nothing after its request."""
    try:
        return not client.recv(1)
    except OSError:
        return True


def _become(request: dict[str, Any]) -> None:
    """Makes this process one that was started with the request's command."""
    os.setsid()
    os.umask(request["umask"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    paths = request["variables"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [request["folder"], *filter(None, paths), *sys.path]
    sys.argv = [request["module"], *request["arguments"]]
    # The streams of this process were set up for the files of the server.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.getppid = lambda: request["parent"]
    given = request["variables"].get("PYTHONWARNINGS", "").split(",")
    warnings._processoptions([option for option in given if option])
    np.random.seed()  # noqa: NPY002 - two forks would draw the same numbers


def main() -> None:
    place = sys.argv[1]
    settings = settings_of_imports()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.path[:] = [path for path in sys.path if path not in ("", str(Path(__file__).parent))]
    for name in _LIBRARIES:
        import_module(name)
    gc.collect()
    gc.freeze()
    request = _Server(place, settings).next_request()
    _become(request)
    # The modules of the command are compiled once, and their folder receives no bytecode.
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(Path(place).with_name("bytecode"))
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


main()
