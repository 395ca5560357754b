"""Loads TensorFlow and Keras without their start-up log, which would stand above every result."""

import importlib
import logging
import os
import sys
from tempfile import TemporaryFile


def load() -> None:
    """Imports both, with standard error held back; what was held back is shown if the import fails.

    The C++ start-up messages of TensorFlow 2.21 come before any log level is read, so only the descriptor stops them.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            importlib.import_module("tensorflow")
            importlib.import_module("keras")
            logging.getLogger("tensorflow").setLevel(
                logging.ERROR
            )  # each loaded model is traced anew, which it warns of
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
