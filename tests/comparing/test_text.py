"""A comparison in words."""

import re
from dataclasses import replace

import pytest

from pipeline.comparing import text
from pipeline.comparing.comparison import (
    FOLDS,
    ROWS,
    SEEDS,
    Comparison,
    Measured,
    Pair,
    Part,
    Value,
)


def part(over: str, *better: str, p: float = 0.04) -> Part:
    """A part of two names, or of three if `better` has the three pairs."""
    names = ["a", "b"] if len(better) == 1 else ["a", "b", "c"]
    every = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    pairs = [
        Pair(one, other, -0.1, -0.2, 0.01, p, p, better=name)
        for (one, other), name in zip(every, better, strict=True)
    ]
    values = {name: Value(0.5, 0.4, 0.6) for name in names}
    return Part(over, "20 rows", "a test", [Measured("mae", False, values, pairs)])


def comparison(*parts: Part) -> Comparison:
    names = list(parts[0].decisive.values)
    titles = {name: f"model_{name}" for name in names}
    return Comparison(names, titles, names, parts, [], {}, {}, "python -m pipeline.compare")


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([part(ROWS, "b")], "model_b is better, beyond the noise of the test rows"),
        (
            [part(SEEDS, "b"), part(ROWS, "b")],
            "model_b is better, beyond the noise of the seeds and of the test rows",
        ),
        ([part(FOLDS, "")], "not decided: the difference is inside the noise of the folds"),
        (
            [part(SEEDS, "b"), part(ROWS, "")],
            "not decided: the difference is beyond the noise of the seeds, "
            "but inside the noise of the test rows",
        ),
        (
            [part(SEEDS, "b"), part(ROWS, "a")],
            "not decided: the noise of the seeds and of the test rows name different ones as "
            "better",
        ),
        (
            [part(ROWS, "b", "c", "b")],
            "model_b is better than all others, beyond the noise of the test rows",
        ),
        (
            [part(ROWS, "b", "", "b")],
            "model_b is better than all others, beyond the noise of the test rows",
        ),
        ([part(ROWS, "b", "c", "")], "not decided: no name is better than all others"),
    ],
)
def test_verdict_names_the_noise(parts, verdict):
    assert text.conclusion(comparison(*parts)) == [f"Verdict: {verdict}."]


def test_several_names_show_both_p_values():
    table = text.differences(comparison(part(ROWS, "b", "", "")), part(ROWS, "b", "", "").decisive)
    assert table[0] == ["", "difference", "95 % interval", "p", "Holm's p", ""]
    assert table[1] == ["A - B", "-0.1000", "[-0.2000, +0.0100]", "0.04", "0.04", "B is better"]


def test_names_fill_in_the_remarks():
    measured = part(ROWS, "").decisive
    pair = replace(measured.pairs[0], remarks=["{one} and {other}"])
    own = replace(part(ROWS, ""), measured=[replace(measured, pairs=[pair])])
    assert text.part_remarks(comparison(own), own) == ["A and B"]


@pytest.mark.parametrize(
    ("p", "shown"), [(None, "none"), (1.0, "1"), (0.0286, "0.029"), (0.00002, "<0.0001")]
)
def test_p_has_two_digits(p, shown):
    assert text.p_text(p) == shown


def test_smallest_p_of_the_draws_is_a_bound():
    measured = part(ROWS, "b", "", "").decisive
    pairs = [
        replace(pair, p=2 / 2001, adjusted_p=6 / 2001, is_bound=True) for pair in measured.pairs
    ]
    own = replace(measured, pairs=pairs)
    assert text.differences(comparison(part(ROWS, "b", "", "")), own)[1][3:5] == [
        "≤0.001",
        "≤0.003",
    ]


def test_difference_has_a_sign():
    assert [text.signed(value) for value in (0.25, -0.5, 2913.4)] == [
        "+0.2500",
        "-0.5000",
        "+2,913.4",
    ]


def test_names_beyond_the_alphabet_have_two_letters():
    names = [f"n{number}" for number in range(28)]
    own = replace(comparison(part(ROWS, "")), names=names)
    assert list(text.letters(own).values())[25:] == ["Z", "AA", "AB"]


@pytest.mark.parametrize(
    ("width", "heading"),
    [
        (80, ["difference", "95 % interval", "p", "Holm's p"]),
        (66, ["difference", "95 % interval", "Holm's p"]),
        (55, ["difference", "95 % interval"]),
    ],
)
def test_narrow_terminal_keeps_figure_limits_and_verdict(width, heading):
    shown = text.on_terminal(comparison(part(ROWS, "b", "", "c")), width=width).splitlines()
    (line,) = [line for line in shown if line.strip().startswith("difference")]
    assert re.split(r"\s{2,}", line.strip()) == heading
    assert "  A - B  -0.1000     [-0.2000, +0.0100]" in "\n".join(shown)
    assert any(line.endswith("B is better") for line in shown)
    assert max(map(len, shown)) <= width
