"""The Euclidean norm of the trainable weights."""

from pipeline.replaying.moment import Moment
from pipeline.replaying.probes import Probe
from pipeline.replaying.probes._norms import norm


def _value(moment: Moment, layer: str | None) -> float:
    return norm(variable.numpy() for variable in moment.variables(layer))


PROBE = Probe(_value)
