"""One dense layer: softmax regression, logistic regression or linear regression."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.config.model import Model, Size, dense_size
from pipeline.data.prepared import Meta


@dataclass
class Linear(Model):
    """Settings of a linear model. It has only those that all families share."""

    family: str = "linear"

    def least_size(self, shape: Sequence[int], outputs: int) -> Size:
        return dense_size(math.prod(shape), [outputs])


def build(settings: Linear, meta: Meta, _seed: int) -> Any:
    """Builds a network without hidden layers."""
    from pipeline.models.network import flat, sequential, stem

    return sequential([*stem(meta, settings.pixel_range), *flat(meta)], meta)


SETTINGS = Linear
