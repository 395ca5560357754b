"""Convolutional network: convolution and pooling blocks, then dense layers."""

from typing import Any

import keras

from pipeline.config.model import Cnn
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError
from pipeline.models.network import dense, flat, sequential, stem


def build(config: Cnn, meta: Meta, seed: int) -> Any:
    """Blocks of `config.filters`; raises `ConfigError` for data that are no images or too small to pool so often."""
    if meta.pixel_maximum is None:
        raise ConfigError(
            "model",
            "cnn needs images",
            received=f"data={meta.name}, a table",
            expected="model=mlp or linear",
        )
    if min(meta.shape[:2]) < config.pool_size ** len(config.filters):
        raise ConfigError(
            "model.filters",
            f"has too many poolings for images of {meta.shape[0]} by {meta.shape[1]} pixels",
            received=config.filters,
            expected="Expected: fewer filters, or a smaller model.pool_size",
        )
    hidden = dense(config.units, activation=config.activation, dropout=config.dropout, seed=seed)
    blocks: list[Any] = []
    for number, filters in enumerate(config.filters, start=1):
        blocks += [
            keras.layers.Conv2D(
                filters,
                config.kernel_size,
                padding="same",
                activation=config.activation,
                name=f"conv_{number}",
            ),
            keras.layers.MaxPooling2D(config.pool_size, name=f"pool_{number}"),
        ]
    return sequential([*stem(meta, config.pixel_range), *blocks, *flat(meta), *hidden], meta)
