"""A process that has imported libraries, and forks once for each command.

    python server.py ADDRESS OWNER LIBRARY...

The imports of TensorFlow and MLflow take seconds. Nothing is used before the fork: TensorFlow has
no device yet. Each command is a process of its own, with its own folder, variables, descriptors and
signals. It is killed if the process that asked for it is killed, and `os.getppid()` returns the
parent of that process.

Modules of this package may be among the libraries. A command imports them again if it belongs to
another copy of the package, or if any file of the package has changed since.

The server listens on an abstract address of Linux, so it leaves no file. It serves only its own
user. When the process OWNER ends, it sends SIGTERM to its commands, waits for them, and ends.
"""

import ctypes
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
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_BACKLOG = 64
_CREDENTIALS = "3i"  # process, user and group
_PACKAGE = Path(__file__).resolve().parents[1]
_State = dict[str, tuple[int, int, int]]  # of each module, what changes when its file is written


class _Server:
    """The process that forks.

    Args:
        owner: the process for which it serves.
        settings: the variables with which the libraries are imported.
    """

    def __init__(self, address: str, owner: int, settings: dict[str, str]) -> None:
        self.settings = settings
        self.owner = os.pidfd_open(owner)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"\0{address}")
        self.listener.listen(_BACKLOG)
        self.commands: dict[int, tuple[int, socket.socket]] = {}  # by pidfd: process and client

    def next_request(self) -> dict[str, Any]:
        """Waits for requests. Returns each request in the process that is forked to run it."""
        while True:
            clients = {client: child for child, client in self.commands.values()}
            events: list[Any] = [self.listener, self.owner, *self.commands, *clients]
            readable, _, _ = select.select(events, [], [])
            for event in readable:
                if event is self.listener:
                    request = self._accept()
                    if request is not None:
                        return request
                elif event == self.owner:
                    self._end_all()
                elif event in self.commands:
                    self._end(event)
                elif _has_died(event):
                    with suppress(ProcessLookupError):  # its command has just ended
                        os.kill(clients[event], signal.SIGKILL)

    def _accept(self) -> dict[str, Any] | None:
        client, _ = self.listener.accept()
        received = _received(client) if _is_of_this_user(client) else None
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

    def _end_all(self) -> NoReturn:
        for child, _ in self.commands.values():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        for command in list(self.commands):
            self._end(command)
        raise SystemExit

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


def _is_of_this_user(client: socket.socket) -> bool:
    size = struct.calcsize(_CREDENTIALS)
    peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return bool(struct.unpack(_CREDENTIALS, peer)[1] == os.getuid())


def _take(streams: list[int], numbers: list[int]) -> None:
    """Gives the descriptors of a client their numbers, and closes all others."""
    free = max(numbers) + 1
    copies = [fcntl.fcntl(stream, fcntl.F_DUPFD, free) for stream in streams]
    for copy, number in zip(copies, numbers, strict=True):
        os.dup2(copy, number)
    for number in {int(name) for name in os.listdir("/dev/fd")} - set(numbers):  # noqa: PTH208
        with suppress(OSError):  # the descriptor that listed the folder
            os.close(number)


def _has_died(client: socket.socket) -> bool:
    """Whether a client that has become readable has died. It sends nothing after its request."""
    try:
        return not client.recv(1)
    except OSError:
        return True


def _state_of_package() -> _State:
    return {
        entry.path: (entry.inode(), entry.stat().st_size, entry.stat().st_ctime_ns)
        for folder, _, _ in os.walk(_PACKAGE)
        for entry in os.scandir(folder)
        if entry.name.endswith(".py")
    }


def _forget_other_package(imported: _State) -> None:
    """Makes this process import the package again, unless its modules are those of the server."""
    spec = PathFinder.find_spec(_PACKAGE.name, sys.path)
    folder = Path(spec.origin).resolve().parent if spec and spec.origin else None
    if folder == _PACKAGE and _state_of_package() == imported:
        return
    for name in list(sys.modules):
        if name.partition(".")[0] == _PACKAGE.name:
            del sys.modules[name]


def _become(request: dict[str, Any], server: int, paths: list[str]) -> None:
    """Makes this process equal to one that was started with the request's command.

    Args:
        server: the process id of the server.
        paths: the places of the libraries.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != server:  # it ended before
        os._exit(1)
    os.setsid()
    os.umask(request["umask"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    first = [request["folder"], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    sys.path[:] = [*first, *(path for path in paths if path not in first)]
    sys.argv = [request["module"], *request["arguments"]]
    # The streams of this process were set up for the files of the server.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.getppid = lambda: request["parent"]
    options = os.environ.get("PYTHONWARNINGS", "").split(",")
    warnings._processoptions([option for option in options if option])  # type: ignore[attr-defined]
    np.random.seed()  # noqa: NPY002 - two forks would draw the same numbers


def main() -> None:
    """Imports the libraries and serves. Each fork then becomes its command."""
    # This is a script, so its own folder comes first on the search path of modules.
    from client import settings_of_imports  # type: ignore[import-not-found]
    from ending import end_after  # type: ignore[import-not-found]

    address, owner, *libraries = sys.argv[1:]
    server = _Server(address, int(owner), settings_of_imports())
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # it starts a thread
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    paths = [path for path in sys.path[1:] if path]  # the first is the folder of this file
    sys.path[:] = paths
    imported = _state_of_package()
    sys.path.insert(0, str(_PACKAGE.parent))
    for name in libraries:
        import_module(name)
    gc.collect()
    gc.freeze()
    process = os.getpid()
    request = server.next_request()
    _become(request, process, paths)
    _forget_other_package(imported)
    module = request["module"]
    end_after(lambda: runpy.run_module(module, run_name="__main__", alter_sys=True))


if __name__ == "__main__":
    main()
