"""The fingerprint of a network's variables."""

import numpy as np

from pipeline.models import families
from pipeline.models.families.linear import Linear
from pipeline.models.families.mlp import Mlp
from pipeline.models.fingerprint import fingerprint
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import table


def test_fingerprint_changes_with_a_single_bit():
    network = families.build(Linear(), table(), seed=1)
    before = fingerprint(network.variables)
    kernel, bias = network.get_weights()
    network.set_weights([np.nextafter(kernel, np.float32(9)), bias])
    assert fingerprint(network.variables) != before


def test_fingerprint_ignores_the_order_of_variables():
    variables = families.build(Mlp(), table(), seed=1).variables
    assert fingerprint(variables) == fingerprint(reversed(variables))
