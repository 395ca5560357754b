"""joblib's worker processes for a sweep.

They are ready when the first trial comes, end with the sweep, and ignore Ctrl-C.
"""

import os
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from joblib import Parallel, delayed, register_parallel_backend
from joblib.parallel import LokyBackend

from pipeline.signals import end_with_parent, without_interrupts
from pipeline.studies import trial_process


def start(number: int) -> None:
    """Starts worker processes for Hydra's launcher.

    The launcher asks joblib for the backend `loky` by name, so that name is registered again.
    """

    def make(**settings: Any) -> Workers:
        return Workers(number, **settings)

    register_parallel_backend("loky", make)
    # If a worker is killed this early, joblib replaces it for the first trial.
    with suppress(BrokenProcessPool):
        Parallel(number, backend="loky")(delayed(os.getpid)() for _ in range(number))


class Workers(LokyBackend):  # type: ignore[misc]
    """Worker processes, each with a child that loads TensorFlow early.

    Each ends with the process of the sweep. Otherwise workers of a killed sweep would wait for work
    for minutes.
    """

    def __init__(self, number: int, **settings: Any) -> None:
        super().__init__(**settings)
        self._number = number

    def configure(self, n_jobs: int, parallel: Any, **_arrays: Any) -> int:
        """Always uses the same settings, because for other settings joblib starts new workers.

        Ignores settings for large arrays.
        """
        begin = {"initializer": _begin, "initargs": (os.getpid(),)}
        workers = min(self._number, self.effective_n_jobs(n_jobs))
        return int(super().configure(workers, parallel, **begin))

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None] | None = None) -> Any:
        """Starts missing workers and submits a trial."""
        with without_interrupts():
            return super().submit(func, callback)


def _begin(parent: int) -> None:
    end_with_parent(parent)
    trial_process.shared().start()
