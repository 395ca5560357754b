"""A claim: its text, and when it is met."""

import pytest

from pipeline.config.claim import Claim


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (Claim("test/r2", at_least=0.4), "test/r2 ≥ 0.4"),
        (Claim("test/mse", at_most=0.45), "test/mse ≤ 0.45"),
        (Claim("test/mse", at_least=0.1, at_most=0.45), "test/mse ≥ 0.1 and ≤ 0.45"),
        (Claim("parameters", at_least=300_938, at_most=300_938), "parameters = 300,938"),
    ],
)
def test_claim_is_shown_as_an_inequality(claim, text):
    assert str(claim) == text


def test_claim_at_its_bound_is_met():
    assert Claim("test/accuracy", at_least=0.9).is_met_by(0.9)
    assert not Claim("test/accuracy", at_least=0.9).is_met_by(0.8999999)
