"""TensorFlow pinned to two threads, as `training.threads` has it, before any test runs an operation."""

from pipeline.models import backend

backend.load()

from pipeline.training import process  # noqa: E402 - TensorFlow is loaded quietly first

process.pin(threads=2)
