"""Hands `python -m pipeline.<command>` over to the process that `server.py` describes.

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
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def settings_of_imports() -> dict[str, str]:
    """The variables that a library may read while it is imported."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_READ_AT_IMPORT) and name != "PYTHONPATH"
    }


def _hand_over() -> None:
    place = os.environ.get("TESTS_WARM_SERVER")
    options = sys.orig_argv[1:]
    if not place or options[:1] != ["-m"] or not _is_command(options[1]):
        return
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(place)
        except OSError:  # it has ended
            return
        request = {
            "module": options[1],
            "arguments": options[2:],
            "folder": os.getcwd(),  # noqa: PTH109 - pathlib takes 20 ms to import
            "variables": dict(os.environ),
            "settings": settings_of_imports(),
            "umask": _umask(),
        }
        content = json.dumps(request).encode()
        socket.send_fds(server, [struct.pack("I", len(content))], [0, 1, 2])
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


def _is_command(module: str) -> bool:
    """Whether a module is a command. The process of a trial must be a child of its sweep."""
    package, _, name = module.partition(".")
    return package == "pipeline" and name.isidentifier()


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
