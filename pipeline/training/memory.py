"""Compares the least memory that a training needs with the memory of the machine.

It needs neither TensorFlow nor Keras. So a network that is far too large is refused before they
load, and before memory runs out.
"""

from dataclasses import fields
from typing import Any

import psutil

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.model import Model
from pipeline.config.training import Precision
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError

_BYTES = 4  # of a weight, in every precision
_BYTES_OF_OUTPUTS = {Precision.float32: 4, Precision.mixed_bfloat16: 2, Precision.mixed_float16: 2}
_WEIGHTS_AND_GRADIENTS = 2


def require_enough(config: ExperimentConfig, meta: Meta) -> None:
    """Checks that the weights, their optimizer and one batch fit into the memory of this machine.

    Raises:
        ConfigError: they do not fit.
    """
    config = config.settled(**meta.sizes)
    needed, memory = least_bytes(config, meta), int(psutil.virtual_memory().total)
    if needed > memory:
        weights = config.model.least_size(meta.shape, meta.outputs).parameters
        raise ConfigError(
            "model",
            "needs more memory than this machine has",
            received=f"{_sizes(config.model)} with training.batch_size "
            f"{config.training.batch_size:,}: {weights:,} weights or more, {_gigabytes(needed)}",
            expected=f"Expected: at most {_gigabytes(memory)}. Choose a smaller network or batch",
        )


def _sizes(model: Model) -> dict[str, Any]:
    """The numbers and lists among the settings of a family."""
    shared = {field.name for field in fields(Model)}
    own = {field.name: getattr(model, field.name) for field in fields(model)}
    return {
        key: value for key, value in own.items() if key not in shared and type(value) in (int, list)
    }


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB"


def least_bytes(config: ExperimentConfig, meta: Meta) -> int:
    """The least memory of a training.

    Counts weights, gradients, averages of the optimizer, and the outputs of all layers for one
    batch.
    """
    config = config.settled(**meta.sizes)
    size = config.model.least_size(meta.shape, meta.outputs)
    assert config.training.batch_size is not None
    rows = min(config.training.batch_size, meta.rows["train"])
    copies = _WEIGHTS_AND_GRADIENTS + config.optimizer.averages
    outputs = _BYTES_OF_OUTPUTS[config.training.precision] * rows * size.outputs
    return _BYTES * copies * size.parameters + outputs
