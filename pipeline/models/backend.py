"""Loads TensorFlow and Keras without their start-up messages."""

import gc
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

from pipeline import environment


def load() -> None:
    """Imports both.

    Raises:
        PipelineError: Keras is set to a backend or data format that this package does not support.
    """
    environment.require_supported()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Otherwise TensorFlow reserves all memory of a GPU, and a second process finds none.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    if "keras" not in sys.modules:
        with _without_messages(), _without_garbage_collection():
            importlib.import_module("tensorflow")
            importlib.import_module("keras")
    # TensorFlow would warn that it traces each loaded model again.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # A layer may make its sublayers in __init__: pipeline.models.own_network compares what such a
    # network computes before and after it is saved.
    warnings.filterwarnings("ignore", r"`build\(\)` was called on layer", UserWarning)


@contextmanager
def _without_messages() -> Iterator[None]:
    """Discards what the imports print, unless they fail.

    TensorFlow 2.21 prints messages from C++ before it reads any log level. Only a redirection of
    the file descriptor suppresses them.
    """
    sys.stderr.flush()
    with TemporaryFile() as messages:
        stderr = os.dup(2)
        os.dup2(messages.fileno(), 2)
        try:
            yield
        except BaseException:
            messages.seek(0)
            os.write(stderr, messages.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Keeps the garbage collector away from half a million permanent objects, now and later.

    The import takes a sixth less time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if collects:
            gc.enable()
