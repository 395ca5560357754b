"""Texts that mean yes and no."""

import pytest

from pipeline.data.understanding.answers import no_and_yes


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        (["1", "0"], ["0", "1"]),
        (["1", "1.0", "0.0", "0"], ["0", "1"]),
        (["1", "-1"], ["-1", "1"]),
        (["Yes", "no"], ["no", "Yes"]),
        (["TRUE", "FALSE"], ["FALSE", "TRUE"]),
        (["y", "n"], ["n", "y"]),
        (["t", "f"], ["f", "t"]),
    ],
)
def test_yes_comes_last(texts, answers):
    assert no_and_yes(texts) == answers


@pytest.mark.parametrize("texts", [[], ["yes"], ["1", "2"], ["yes", "1"], ["no", "yes", "maybe"]])
def test_other_texts_mean_neither(texts):
    assert no_and_yes(texts) is None
