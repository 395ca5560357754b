"""One dense layer: softmax regression, logistic regression or linear regression."""

from dataclasses import dataclass
from typing import Any

from pipeline.config.model import Model
from pipeline.data.prepared import Meta


@dataclass
class Linear(Model):
    """Settings of a linear model. It has only those that all families share."""

    family: str = "linear"


def build(settings: Linear, meta: Meta, _seed: int) -> Any:
    """Builds a network without hidden layers."""
    from pipeline.models.network import flat, sequential, stem

    return sequential([*stem(meta, settings.pixel_range), *flat(meta)], meta)


SETTINGS = Linear
