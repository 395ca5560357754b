"""A chart of curves as text: lines of Braille characters, with the limits of both axes.

A Braille character holds four rows of two dots, so 40 characters and 8 lines hold 80 by 32 dots.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.text import Text

# The bit of each dot, by its row from the top and its column.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_EMPTY = 0x2800
_GAP = 3  # of a dotted line, every third column has a dot


@dataclass(frozen=True)
class Curve:
    """One line of a chart.

    Args:
        label: stands at the end of the line, with the last value. Empty for no label.
        points: x and y. They are in the order of x.
        dotted: so that curves differ without colour.
    """

    label: str
    points: Sequence[tuple[float, float]]
    style: str
    dotted: bool = False


@dataclass
class _Canvas:
    width: int
    height: int
    bits: dict[tuple[int, int], int] = field(default_factory=dict)
    styles: dict[tuple[int, int], str] = field(default_factory=dict)

    def set(self, column: int, row: int, style: str) -> None:
        """Sets one dot; row 0 is at the top."""
        cell = (row // 4, column // 2)
        self.bits[cell] = self.bits.get(cell, 0) | _DOTS[row % 4][column % 2]
        self.styles[cell] = style

    def line(self, row: int) -> Text:
        text = Text(no_wrap=True)
        for column in range(self.width):
            bits = self.bits.get((row, column), 0)
            character = chr(_EMPTY + bits) if bits else " "
            text.append(character, self.styles.get((row, column), ""))
        return text


def chart(title: str, curves: Sequence[Curve], *, unit: str, width: int, height: int) -> list[Text]:
    """Draws curves.

    Args:
        curves: at least one, with at least one point each. The last one is on top.
        unit: of x, such as `epochs`.
        width: the characters of a line, with axes and labels.
        height: the lines of the plane. A title and the axis add two.

    Returns:
        The lines, each of at most `width` characters.
    """
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)
    limits = (number(high), number(low))
    margin = max(map(len, limits))
    labels = [_label(curve) for curve in curves]
    plane = max(8, width - margin - 1 - max(map(len, labels)))
    canvas = _Canvas(plane, height)
    ends: dict[int, tuple[str, str]] = {}
    for curve, label in zip(curves, labels, strict=True):
        row = _draw(canvas, curve, (left, right), (low, high))
        if label:
            ends[_free(row // 4, ends, height)] = (label, curve.style)
    lines = [Text(title, "bold", no_wrap=True, overflow="ellipsis")]
    for row in range(height):
        limit = limits[0] if row == 0 else limits[1] if row == height - 1 else ""
        border = f"{limit:>{margin}}{'┤' if limit else '│'}"
        line = Text.assemble((border, "dim"), canvas.line(row), ends.get(row, ("", "")))
        line.no_wrap = True
        lines.append(line)
    start, end = f"{left:g}", f"{right:g} {unit if right != 1 else unit.rstrip('s')}"
    axis = f"{start}{end:>{max(len(end) + 1, plane - len(start))}}"
    return [*lines, Text(f"{'':>{margin}}└{axis}", "dim", no_wrap=True)]


def _label(curve: Curve) -> str:
    return f" {curve.label} {number(curve.points[-1][1])}" if curve.label else ""


def number(value: float) -> str:
    """A value with four significant digits."""
    return f"{value:.4g}"


def _draw(canvas: _Canvas, curve: Curve, xs: tuple[float, float], ys: tuple[float, float]) -> int:
    """Draws a curve. Returns the row of dots of its last point."""
    columns, rows = 2 * canvas.width - 1, 4 * canvas.height - 1

    def place(point: tuple[float, float]) -> tuple[int, int]:
        across = (point[0] - xs[0]) / (xs[1] - xs[0]) if xs[1] > xs[0] else 0.0
        up = (point[1] - ys[0]) / (ys[1] - ys[0]) if ys[1] > ys[0] else 0.5
        return round(across * columns), round((1 - up) * rows)

    places = [place(point) for point in curve.points]
    for start, stop in zip(places, [*places[1:], places[-1]], strict=True):
        for column, row in _segment(start, stop):
            if not curve.dotted or column % _GAP == 0 or len(places) == 1:
                canvas.set(column, row, curve.style)
    return places[-1][1]


def _segment(start: tuple[int, int], stop: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots of a straight line."""
    length = max(abs(stop[0] - start[0]), abs(stop[1] - start[1]), 1)
    return [
        (
            round(start[0] + (stop[0] - start[0]) * part / length),
            round(start[1] + (stop[1] - start[1]) * part / length),
        )
        for part in range(length + 1)
    ]


def _free(row: int, taken: dict[int, tuple[str, str]], height: int) -> int:
    """The row nearest to `row` without a label."""
    return min((one for one in range(height) if one not in taken), key=lambda one: abs(one - row))
