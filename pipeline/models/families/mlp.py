"""Multilayer perceptron: dense layers, by Keras's sequential or functional API."""

from typing import Any

from pipeline.config.model import Api, Mlp
from pipeline.data.prepared import Meta
from pipeline.models.network import dense, flat, functional, sequential, stem


def build(config: Mlp, meta: Meta, seed: int) -> Any:
    """Dense layers of `config.units`."""
    hidden = dense(config.units, activation=config.activation, dropout=config.dropout, seed=seed)
    layers = [*stem(meta, config.pixel_range), *flat(meta), *hidden]
    return sequential(layers, meta) if config.api is Api.sequential else functional(layers, meta)
