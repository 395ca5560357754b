"""The mean of a layer's outputs over the batch."""

from pipeline.replaying.probes import Probe

PROBE = Probe(lambda moment, layer: float(moment.activations(layer or "").mean()), of_layer=True)
