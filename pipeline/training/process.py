"""Pins settings of the process, so that equal runs give equal bits.

This must happen before TensorFlow's first operation.
"""

import tensorflow as tf

from pipeline import gpus
from pipeline.errors import ConfigError, PipelineError


def pin(*, threads: int) -> None:
    """Fixes the number of threads and makes operations deterministic.

    On a GPU, an operation without a deterministic kernel then fails, and the error names it.

    Raises:
        ConfigError: TensorFlow already runs in this process with another number of threads.
        PipelineError: TensorFlow uses GPUs that the run key does not know, or none of those it
            knows.
    """
    _require_known_gpus()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        running = tf.config.threading.get_intra_op_parallelism_threads()
        raise ConfigError(
            "training.threads",
            f"must stay {running} in this process, because TensorFlow already runs",
            received=threads,
            expected="Start another process for another number of threads",
        ) from None
    tf.config.experimental.enable_op_determinism()


def _require_known_gpus() -> None:
    used, known = tf.config.list_physical_devices("GPU"), gpus.facts()
    if bool(used) != bool(known):
        raise PipelineError(
            "TensorFlow and the driver of the GPUs disagree, so the run key would be wrong",
            received=f"{len(used)} GPUs of TensorFlow, and of the driver "
            f"{', '.join(known.get('models', ['none']))}",
            expected="Install the extra gpu (docs/engine.md), or set "
            f"{gpus.VISIBLE}=-1 to train on the CPU",
        )
