"""Hands commands of the project and of its libraries over to a server of `pipeline.preloading`.

Python imports this module in every process that has its folder on PYTHONPATH. Without the server,
or with a setting that libraries read when they are imported, the process starts as always.
"""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

_PACKAGE = os.path.dirname(__file__) + "/../../../pipeline"  # noqa: PTH120 - pathlib is slow
_CLIENT = f"{_PACKAGE}/preloading/client.py"
_PACKAGES = ("pipeline", "tests.chaos")
_TRIALS = "pipeline.studies.trial_runner"
_SCRIPTS = ("dvc", "mlflow", "uvicorn")
_TESTS = "pytest"
_OTHERS = (_TRIALS, _TESTS, "pipeline.benchmarking.worker", "tests.support.snippet")
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
# Joblib gives its workers one thread for NumPy. The server's libraries were imported without that.
_OF_JOBLIB = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _hand_over() -> None:
    address = os.environ.get("TESTS_WARM_SERVER")
    module, *arguments = _command(sys.orig_argv[1:])
    if not address or not module:
        return
    if module == _TRIALS:
        _end_with_parent()
        for name in _OF_JOBLIB:
            os.environ.pop(name, None)
    if module == _TESTS:  # they choose which of their commands are forks
        os.environ.pop("PYTHONPATH", None)
    # By its file: the command may belong to another copy of the package.
    spec = spec_from_file_location("preloading_client", _CLIENT)
    client = module_from_spec(spec)
    spec.loader.exec_module(client)
    server = client.connected(address)
    if server is None:  # it has ended
        return
    with server:
        status = client.hand_over(server, module, arguments)
    if status is not None:
        client.end_as(status)


def _command(words: list[str]) -> list[str]:
    """The module that a command line runs, and its arguments. Empty if the server cannot run it."""
    first, *rest = words or [""]
    if first == "-m":
        package, _, name = rest[0].rpartition(".")
        is_command = package in _PACKAGES and name.isidentifier()
        return rest if is_command or rest[0] in _OTHERS else [""]
    script = first.rpartition("/bin/")[2]
    return [script, *rest] if script in _SCRIPTS else [""]


def _end_with_parent() -> None:
    """Sends SIGTERM to this process when its parent ends, as a trial demands for itself.

    The parent of the fork is the server.
    """
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


_hand_over()
