"""One dense layer: softmax regression, a logistic unit or linear regression, as the task has it."""

from typing import Any

from pipeline.config.model import Linear
from pipeline.data.prepared import Meta
from pipeline.models.network import flat, sequential, stem


def build(config: Linear, meta: Meta, _seed: int) -> Any:
    """A network without hidden layers."""
    return sequential([*stem(meta, config.pixel_range), *flat(meta)], meta)
