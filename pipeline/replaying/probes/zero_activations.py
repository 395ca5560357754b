"""The share of a layer's outputs that are exactly 0 over the batch, such as those of dead units."""

from pipeline.replaying.probes import Probe

PROBE = Probe(
    lambda moment, layer: float((moment.activations(layer or "") == 0).mean()), of_layer=True
)
