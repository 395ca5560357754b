"""Model families: one module each, with its settings and its network.

A module defines `SETTINGS`, a dataclass derived from `pipeline.config.model.Model`, and
`build(settings, meta, seed)`. It imports Keras inside functions only, because `compose` reads the
settings and must start fast.
"""

from typing import Any

from pipeline.config.model import FAMILIES, Model
from pipeline.data.prepared import Meta


def build(config: Model, meta: Meta, *, seed: int, precision: str = "float32") -> Any:
    """Builds the untrained network of a configuration. `seed` determines its weights.

    Args:
        precision: Keras's dtype policy of the layers. Weights and outputs are float32 in all.

    Returns:
        A `keras.Model` from `(rows, *meta.shape)` to `(rows, meta.outputs)`.

    Raises:
        ConfigError: the family does not suit the data, or Keras refuses a layer.
    """
    import keras

    # Automatic names count from 1 again, because variable paths are part of the fingerprint.
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    family = FAMILIES.load(config.family, key="model.family")
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(usual if precision == "float32" else precision)
    try:
        return family.build(config, meta, seed)
    finally:
        keras.config.set_dtype_policy(usual)
