"""Charts of Braille characters, compared line by line."""

import pytest

from pipeline.watching.chart import Curve, chart

RISING = Curve("validation", [(0.0, 0.0), (1.0, 1.0)], "yellow")
FALLING = Curve("train", [(0.0, 1.0), (1.0, 0.5)], "cyan", dotted=True)


def drawn(*curves: Curve, width: int = 26, height: int = 2) -> list[str]:
    lines = chart("title", curves, unit="epochs", width=width, height=height)
    return [line.plain.rstrip() for line in lines]


def test_line_goes_from_corner_to_corner():
    assert drawn(RISING) == ["title", "1┤     ⢀⣀⠤⠔⠒⠉ validation 1", "0┤⣀⠤⠔⠒⠉⠁", " └0   1 epoch"]


def test_each_label_has_a_line_of_its_own():
    lines = drawn(RISING, Curve("train", RISING.points, "cyan"))
    assert lines[1].endswith(" validation 1")
    assert lines[2].endswith(" train 1")


def test_dotted_line_has_gaps():
    assert "⠉⠉" not in "".join(drawn(FALLING, width=40))


def test_single_point_is_a_dot():
    point = Curve("a", [(1.0, 0.5)], "")
    assert drawn(point, width=16)[1:] == ["0.5┤", "0.5┤⠁        a 0.5", "   └1 1 epoch"]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_asked(width):
    lines = chart("title", [RISING, FALLING], unit="epochs", width=width, height=8)
    assert max(line.cell_len for line in lines) <= width
