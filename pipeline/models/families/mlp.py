"""Multilayer perceptron: dense layers, built with either of Keras's APIs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pipeline.config.model import Model, Size, dense_size, require_fraction, require_sizes
from pipeline.data.prepared import Meta


class Api(Enum):
    """The Keras API that builds the network. Both give the same weights."""

    sequential = "sequential"
    functional = "functional"


@dataclass
class Mlp(Model):
    """Dense layers of `units`. Dropout follows each of them if `dropout` is above 0."""

    family: str = "mlp"
    units: list[int] = field(default_factory=lambda: [64, 32])
    activation: str = "relu"
    dropout: float = 0.0
    api: Api = Api.sequential

    def __post_init__(self) -> None:
        super().__post_init__()
        require_sizes("model.units", self.units)
        require_fraction("model.dropout", self.dropout)

    def least_size(self, shape: Sequence[int], outputs: int) -> Size:
        return dense_size(math.prod(shape), [*self.units, outputs])


def build(settings: Mlp, meta: Meta, seed: int) -> Any:
    """Builds dense layers of `settings.units`."""
    from pipeline.models.network import dense, flat, functional, sequential, stem

    hidden = dense(
        settings.units, activation=settings.activation, dropout=settings.dropout, seed=seed
    )
    layers = [*stem(meta, settings.pixel_range), *flat(meta), *hidden]
    return sequential(layers, meta) if settings.api is Api.sequential else functional(layers, meta)


SETTINGS = Mlp
