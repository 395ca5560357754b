"""Hands a command over to the process of `server.py`.

It imports nothing of the project, because a server may run the commands of another copy. It also
starts each command of the tests, so it imports little: `pathlib` takes 20 milliseconds.
"""

# ruff: noqa: PTH109, PTH118, PTH120, PTH208

import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping, Sequence

# The variables that libraries read when they are imported.
_READ_AT_IMPORT = (
    "DNNL_", "KERAS_", "KMP_", "LD_", "MALLOC_", "NPY_", "OMP_", "ONEDNN_", "OPENBLAS_",
    "PYTHON", "TF_", "XLA_", "MKL_", "GOTO_", "HOME",
)  # fmt: skip
# Unless the user set them: `models.backend` sets the first two, and scikit-learn the others.
_SET_BY_COMMANDS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "KMP_DUPLICATE_LIB_OK": "True",
    "KMP_INIT_AT_FORK": "FALSE",
}
_OF_EACH_COMMAND = (
    "PYTHONPATH",
    "PYTHONWARNINGS",
    "PYTHONPYCACHEPREFIX",
    "PYTHONDONTWRITEBYTECODE",
)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SERVER = os.path.join(os.path.dirname(__file__), "server.py")
_NUMBER = "i"
_CREDENTIALS = "3i"  # process, user and group
_KILLED = int(signal.SIGKILL)
_PATIENCE = 10.0  # seconds until a new server listens; it imports later
_POLL = 0.01


def connected(address: str) -> socket.socket | None:
    """Connects to a server of this user.

    Args:
        address: a name without a file, as `server.py` explains.

    Returns:
        None if there is no such server.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(f"\0{address}")
    except OSError:
        connection.close()
        return None
    size = struct.calcsize(_CREDENTIALS)
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    if struct.unpack(_CREDENTIALS, peer)[1] != os.getuid():
        connection.close()
        return None
    return connection


def started(
    address: str,
    owner: int,
    libraries: Sequence[str],
    *,
    variables: Mapping[str, str],
    log: str = os.devnull,
) -> socket.socket | None:
    """Starts a server and connects to it.

    Args:
        owner: the process with which it ends.
        libraries: the modules that it imports.
        variables: its environment.
        log: the file that receives what the libraries print.

    Returns:
        None if the server ended.
    """
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    command = [sys.executable, _SERVER, address, str(owner), *libraries]
    process = os.posix_spawn(sys.executable, command, variables, file_actions=streams, setsid=True)
    limit = time.monotonic() + _PATIENCE
    while os.waitpid(process, os.WNOHANG) == (0, 0) and time.monotonic() < limit:
        if connection := connected(address):
            return connection
        time.sleep(_POLL)
    return connected(address)  # another process may have started one


def hand_over(server: socket.socket, module: str, arguments: Sequence[str]) -> int | None:
    """Runs a module as a fork of the server.

    The fork has the streams, folder and variables of this process, and gets its signals. If this
    process is killed, so is the fork.

    Returns:
        The status of the fork, as `os.waitpid` returns it. None if the server does not run the
        command, because its libraries were imported with other variables.
    """
    descriptors = _inherited()
    request = {
        "module": module,
        "arguments": list(arguments),
        "folder": os.getcwd(),
        "variables": dict(os.environ),
        "settings": settings_of_imports(),
        "umask": _umask(),
        "parent": os.getppid(),
        "descriptors": descriptors,
    }
    content = json.dumps(request).encode()
    try:
        socket.send_fds(server, [struct.pack("I", len(content))], descriptors)
        server.sendall(content)
        answer = server.recv(struct.calcsize(_NUMBER), socket.MSG_WAITALL)
    except OSError:  # it has ended
        return None
    if not answer:
        return None
    (command,) = struct.unpack(_NUMBER, answer)
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda received, _frame: os.kill(command, received))
    try:
        (status,) = struct.unpack(
            _NUMBER, server.recv(struct.calcsize(_NUMBER), socket.MSG_WAITALL)
        )
    except (OSError, struct.error):  # the server was killed, and the fork with it
        return _KILLED
    return int(status)


def end_as(status: int) -> None:
    """Ends this process like the fork: with its exit code, or by the signal that ended it."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:  # SIGKILL has no handler
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(os.waitstatus_to_exitcode(status))


def settings_of_imports() -> dict[str, str]:
    """The variables that a library may read while it is imported."""
    return _SET_BY_COMMANDS | {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_READ_AT_IMPORT) and name not in _OF_EACH_COMMAND
    }


def _inherited() -> list[int]:
    """The open descriptors that this process inherited."""
    opened = [int(name) for name in os.listdir("/dev/fd")]
    return [number for number in opened if _is_inherited(number)]


def _is_inherited(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # the descriptor that listed the folder
        return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
