"""Which metric of a run is shown first."""

import pytest

from pipeline.tracking import headlines


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], None),
        (["train/loss", "best/validation/accuracy"], None),
        (["test/brier", "test/accuracy", "test/log_loss"], "test/accuracy"),
        (["test/mae", "test/mse", "test/r2"], "test/r2"),
        (["test/loss", "test/own"], "test/own"),
        (["test/loss"], "test/loss"),
        (["test/accuracy", "test/baseline/linear/macro_f1", "test/macro_f1"], "test/macro_f1"),
    ],
)
def test_headline_of_the_test_split(names, expected):
    assert headlines.of_tests(names) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["test/accuracy", "best/train/accuracy"], None),
        (["best/validation/loss", "best/validation/mae"], "best/validation/mae"),
    ],
)
def test_headline_of_the_saved_weights(names, expected):
    assert headlines.of_validation(names) == expected
