"""Pins TensorFlow to two threads, the default of `training.threads`.

TensorFlow accepts this only before its first operation, so tests import this module.
"""

from pipeline.models import backend

backend.load()

from pipeline.training import process  # noqa: E402 - `backend.load` must come first

process.pin(threads=2)
