"""The Euclidean norm of the gradient, before it is clipped."""

from pipeline.replaying.moment import Moment
from pipeline.replaying.probes import Probe
from pipeline.replaying.probes._norms import norm


def _value(moment: Moment, layer: str | None) -> float:
    return norm(moment.gradients[variable.path] for variable in moment.variables(layer))


PROBE = Probe(_value)
