"""The flag for overfitting on networks that do and do not overfit, on a small scale."""

import pytest

from tests.simulations.overfitting import flagged, linear, wide


@pytest.mark.parametrize("rate", [0.05, 0.02])
def test_linear_model_of_11_parameters_is_never_flagged(rate):
    assert flagged(lambda seed: linear(seed, rate=rate, epochs=40), seeds=20) == 0


def test_memorising_network_is_flagged():
    assert flagged(lambda seed: wide(seed, epochs=60), seeds=3) == 3
