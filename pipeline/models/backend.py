"""Loads TensorFlow and Keras without their start-up messages."""

import importlib
import logging
import os
import sys
from tempfile import TemporaryFile

from pipeline import environment


def load() -> None:
    """Imports both and discards what they print, unless the import fails.

    TensorFlow 2.21 prints messages from C++ before it reads any log level. Only a redirection of
    the file descriptor suppresses them.

    Raises:
        PipelineError: Keras would use another backend or data format than this package supports.
    """
    environment.require_supported()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with TemporaryFile() as messages:
        stderr = os.dup(2)
        os.dup2(messages.fileno(), 2)
        try:
            importlib.import_module("tensorflow")
            importlib.import_module("keras")
            # TensorFlow would warn that it traces each loaded model again.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
        except BaseException:
            messages.seek(0)
            os.write(stderr, messages.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
