"""The steps of metrics."""

import pytest

from pipeline.comparing import rounding


def test_step_is_the_smallest_gap_of_all_values():
    assert rounding.step([0.9, 0.8], [0.8, 0.75, 0.9 + 1e-15]) == pytest.approx(0.05)
    assert rounding.step([0.9, 0.9], [0.9]) == 0.0
