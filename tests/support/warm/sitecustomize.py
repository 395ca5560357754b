"""Hands the commands of the project, `dvc` and trials over to the process of `server.py`.

Python imports this module in every process that has its folder on PYTHONPATH. Without the server,
or with a setting that libraries read when they are imported, the process starts as always.
"""

import json
import os
import signal
import socket
import struct
import sys

_READ_AT_IMPORT = (
    "DNNL_", "KERAS_", "KMP_", "LD_", "MALLOC_", "NPY_", "OMP_", "ONEDNN_", "OPENBLAS_",
    "PYTHON", "TF_", "XLA_", "MKL_", "GOTO_", "HOME",
)  # fmt: skip
_SET_BY_THE_SERVER = ("PYTHONPATH", "PYTHONWARNINGS")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PACKAGES = ("pipeline", "tests.chaos")
_TRIALS = "pipeline.studies.trial_runner"
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def settings_of_imports() -> dict[str, str]:
    """The variables that a library may read while it is imported."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_READ_AT_IMPORT) and name not in _SET_BY_THE_SERVER
    }


def _hand_over() -> None:
    place = os.environ.get("TESTS_WARM_SERVER")
    module, *arguments = _command(sys.orig_argv[1:])
    if not place or not module:
        return
    if module == _TRIALS:
        _end_with_parent()
    descriptors = _inherited()
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(place)
        except OSError:  # it has ended
            return
        request = {
            "module": module,
            "arguments": arguments,
            "folder": os.getcwd(),  # noqa: PTH109 - pathlib takes 20 ms to import
            "variables": dict(os.environ),
            "settings": settings_of_imports(),
            "umask": _umask(),
            "parent": os.getppid(),
            "descriptors": descriptors,
        }
        content = json.dumps(request).encode()
        socket.send_fds(server, [struct.pack("I", len(content))], descriptors)
        server.sendall(content)
        answer = server.recv(4)
        if len(answer) < 4:
            return  # refused
        (child,) = struct.unpack("i", answer)
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda received, _frame: os.kill(child, received))
        status = server.recv(4)
    _end_as(struct.unpack("i", status)[0] if status else 9)


def _command(words: list[str]) -> list[str]:
    """The module that a command line runs, and its arguments. Empty if the server cannot run it."""
    first, *rest = words or [""]
    if first == "-m":
        package, _, name = rest[0].rpartition(".")
        is_command = package in _PACKAGES and name.isidentifier()
        return rest if is_command or rest[0] == _TRIALS else [""]
    return ["dvc", *rest] if first.endswith("/dvc") else [""]


def _inherited() -> list[int]:
    """The open descriptors that come from the process that started this one."""
    opened = [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208
    return [number for number in opened if _is_inherited(number)]


def _is_inherited(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # it listed the folder
        return False


def _end_with_parent() -> None:
    """Sends SIGTERM to this process when its parent ends, as a trial demands for itself.

    The parent of the fork is the server.
    """
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _end_as(status: int) -> None:
    """Ends like the child: with its exit code, or by the signal that ended it."""
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


_hand_over()
