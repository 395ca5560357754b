"""Trains an experiment in the process of a notebook."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from pipeline.config.run_name import run_name
from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.errors import ConfigError
from pipeline.layout import PREPARED
from pipeline.models import backend
from pipeline.notebooks import source
from pipeline.notebooks.place import at_root
from pipeline.notebooks.settings import composed, overrides
from pipeline.notebooks.trained import TrainedRun
from pipeline.signals import Interrupted, Interruption
from pipeline.training import memory


def run(experiment: str, **settings: Any) -> TrainedRun:
    """Trains an experiment, or returns its finished run.

    An interrupted training resumes with the same call. `dvc repro prepare@<data>` must have
    prepared the data.

    Args:
        experiment: a name of `conf/experiment/`.
        settings: what to change. A setting of `training` or `optimizer` may stand without its
            group: `epochs=3`, `learning_rate=0.01`. Others have their full name:
            `**{"model.units": [64, 32]}`, or stand in their group: `model={"units": [64, 32]}`.
            `force=True` trains from scratch.

    Raises:
        PipelineError: the settings or data are invalid, or another process trains the same run.
        KeyboardInterrupt: the kernel was interrupted. A checkpoint is saved.
    """
    with at_root() as root, _interruptible() as interruption:
        config = composed(experiment, settings)
        # TensorFlow takes seconds to load, so a network that is too large is refused before.
        memory.require_enough(config, load_meta(PREPARED / config.data.name))
        backend.load()
        from pipeline.experiment import run as run_experiment
        from pipeline.training import process

        # A finished run trains nothing, but its model may run TensorFlow's first operation. That
        # would fix the number of threads for later trainings.
        with suppress(ConfigError):  # a training reports another number of threads itself
            process.pin(threads=config.training.threads)
        notebook = source.executed()
        files = {} if notebook is None else {source.FILE: notebook}
        name = run_name(config, [f"experiment={experiment}", *overrides(settings)])
        result = run_experiment(config, interruption=interruption, files=files, run_name=name)
        return TrainedRun(config, result, root)


@contextmanager
def _interruptible() -> Iterator[Interruption]:
    """Lets the button that interrupts a kernel stop a training at its next safe point.

    A second signal raises at once. Only the main thread may receive signals.
    """
    interruption = Interruption()

    def receive(number: int, _frame: FrameType | None) -> None:
        if interruption.requested is not None:
            raise KeyboardInterrupt
        interruption.requested = signal.Signals(number)
        log("saving and stopping; interrupt again to stop at once")

    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = signal.signal(signal.SIGINT, receive)
    try:
        yield interruption
    except Interrupted:
        raise KeyboardInterrupt("a checkpoint is saved; the same call resumes") from None
    finally:
        signal.signal(signal.SIGINT, before)
