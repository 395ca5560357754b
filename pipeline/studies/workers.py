"""joblib's processes as a sweep needs them: ready when Hydra has a trial for them, ended with the sweep, deaf to Ctrl-C."""

import os
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from joblib import Parallel, delayed, register_parallel_backend
from joblib.parallel import LokyBackend

from pipeline.signals import end_with_parent, without_interrupts
from pipeline.studies import trials


def start(number: int) -> None:
    """Starts processes, and gives them to Hydra's launcher, which asks joblib for `loky` by name."""

    def make(**settings: Any) -> Workers:
        return Workers(number, **settings)

    register_parallel_backend("loky", make)
    with suppress(
        BrokenProcessPool
    ):  # those that are killed so early are started anew for the first trial
        Parallel(number, backend="loky")(delayed(os.getpid)() for _ in range(number))


class Workers(LokyBackend):  # type: ignore[misc]
    """Processes, each with a child that loads TensorFlow while the sweep is being opened.

    They would wait for minutes for work, were the sweep killed before it gave them any.
    """

    def __init__(self, number: int, **settings: Any) -> None:
        super().__init__(**settings)
        self._number = number

    def configure(self, n_jobs: int, parallel: Any, **_arrays: Any) -> int:
        """Always with the same settings, since joblib would start others for new ones; those left out are of large arrays."""
        begin = {"initializer": _begin, "initargs": (os.getpid(),)}
        return int(
            super().configure(min(self._number, self.effective_n_jobs(n_jobs)), parallel, **begin)
        )

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None] | None = None) -> Any:
        """Starts the processes that are missing, and hands over a trial."""
        with without_interrupts():
            return super().submit(func, callback)


def _begin(parent: int) -> None:
    end_with_parent(parent)
    trials.prepare()
