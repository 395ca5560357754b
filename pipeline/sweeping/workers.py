"""joblib's processes as a sweep needs them: they end with it, however it ends, and leave Ctrl-C to it."""

import os
from collections.abc import Callable
from typing import Any

from joblib import register_parallel_backend
from joblib.parallel import LokyBackend

from pipeline.training.signals import end_with_parent, without_interrupts


def use() -> None:
    """Gives these processes to Hydra's launcher, which asks joblib for `loky` by name."""
    register_parallel_backend("loky", Workers)


class Workers(LokyBackend):  # type: ignore[misc]
    """Processes that would wait for minutes for work, were the sweep killed before it gave them any."""

    def configure(self, *arguments: Any, **settings: Any) -> int:
        """Starts no process yet."""
        begin = {"initializer": end_with_parent, "initargs": (os.getpid(),)}
        return int(super().configure(*arguments, **settings, **begin))

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None] | None = None) -> Any:
        """Starts the processes that are missing, and hands over a trial."""
        with without_interrupts():
            return super().submit(func, callback)
