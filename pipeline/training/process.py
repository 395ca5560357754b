"""Pins settings of the process, so that equal runs give equal bits.

This must happen before TensorFlow's first operation.
"""

import tensorflow as tf

from pipeline.errors import ConfigError


def pin(*, threads: int) -> None:
    """Fixes the number of threads and makes operations deterministic.

    Raises:
        ConfigError: TensorFlow already runs in this process with another number of threads.
    """
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
