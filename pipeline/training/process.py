"""What must be pinned in a process before TensorFlow's first operation, for equal bits in every run."""

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
            f"cannot change in a process that already trained with {running}",
            received=threads,
            expected="Run each number of threads in a process of its own",
        ) from None
    tf.config.experimental.enable_op_determinism()
