"""The standard deviation of a layer's outputs over the batch."""

from pipeline.replaying.probes import Probe

PROBE = Probe(lambda moment, layer: float(moment.activations(layer or "").std()), of_layer=True)
