"""Several tests at once."""

import pytest

from pipeline.comparing.holm import adjusted


def test_holm_is_that_of_the_paper():
    assert adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_single_p_stays():
    assert adjusted([0.04]) == [0.04]
