"""The closed table of model families, and the one way to a network."""

from collections.abc import Callable
from typing import Any

import keras

from pipeline.config.model import Model
from pipeline.data.prepared import Meta
from pipeline.models.families import cnn, layers, linear, mlp, resnet

FAMILIES: dict[str, Callable[[Any, Meta, int], Any]] = {
    "linear": linear.build,
    "mlp": mlp.build,
    "cnn": cnn.build,
    "resnet": resnet.build,
    "layers": layers.build,
}


def build(config: Model, meta: Meta, *, seed: int) -> Any:
    """The untrained network of a configuration, its weights drawn from `seed`.

    Returns:
        A `keras.Model` from `(rows, *meta.shape)` to `(rows, meta.outputs)`.

    Raises:
        ConfigError: a family that does not suit the data, or layers that Keras refuses.
    """
    keras.backend.clear_session()  # automatic names count from 1 again: variable paths are part of the fingerprint
    keras.utils.set_random_seed(seed)
    return FAMILIES[config.family](config, meta, seed)
