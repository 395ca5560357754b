"""Probes: facts about one step that a replay computes in hindsight, one module each.

A probe looks at the network before a step, on the rows of its batch. `grad_norm(dense_1)` looks at
one layer, and `grad_norm` at the whole network.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError
from pipeline.registry import Registry

if TYPE_CHECKING:
    from pipeline.replaying.moment import Moment

PROBES = Registry("pipeline.replaying.probes", "probe")

_NAME = re.compile(r"(?P<probe>\w+)(?:\((?P<layer>[^()]+)\))?")


@dataclass(frozen=True)
class Probe:
    """A number about a step. Each module defines one as `PROBE`.

    Args:
        value: the number, for a moment and a layer; None stands for the whole network.
        of_layer: whether it needs a layer.
    """

    value: Callable[["Moment", str | None], float]
    of_layer: bool = False


def parsed(text: str) -> tuple[str, str] | None:
    """The probe and the layer in `grad_norm(dense_1)`; None if there is no probe of this name.

    Imports no probe, so it needs no TensorFlow.
    """
    match = _NAME.fullmatch(text)
    if match is None or match["probe"] not in PROBES.names():
        return None
    return match["probe"], match["layer"] or ""


def value_of(moment: "Moment", name: str, layer: str) -> float:
    """The value of a probe at a moment.

    Raises:
        PipelineError: there is no such layer, or the probe needs one.
    """
    probe: Probe = PROBES.load(name, key="--log").PROBE
    if probe.of_layer and not layer:
        raise PipelineError(
            f"{name} looks at one layer", received=name, expected=f"Write {name}(<layer>)"
        )
    return probe.value(moment, layer or None)


def metric_of(name: str, layer: str) -> str:
    """The metric under which the values of a probe are logged, such as `grad_norm/dense_1`."""
    return f"{name}/{layer}" if layer else name
