"""Lines of fixed width: columns by position, as `pandas.read_fwf` reads them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice, pairwise

from pipeline.data.cells import quoted
from pipeline.errors import DataError

SEEN = 100  # lines that show where columns are


@dataclass(frozen=True)
class Columns:
    """Where the columns of a line begin and end.

    Args:
        spans: the first position of each column, and the one after its last.
        gaps: the positions between columns, where only blanks may be.
    """

    spans: Sequence[tuple[int, int | None]]
    gaps: Sequence[tuple[int, int | None]]

    @classmethod
    def of_widths(cls, widths: Sequence[int]) -> "Columns":
        """Columns that follow each other."""
        ends = list(accumulate(widths, initial=0))
        return cls(list(pairwise(ends)), [(ends[-1], None)])

    @classmethod
    def of_lines(cls, lines: Iterable[str]) -> "Columns":
        """Columns between the positions that are blank in all lines. The last one is open."""
        filled: set[int] = set()
        for line in lines:
            filled.update(place for place, sign in enumerate(line) if not sign.isspace())
        starts = sorted(place for place in filled if place - 1 not in filled)
        ends = sorted(place + 1 for place in filled if place + 1 not in filled)
        spans = [*zip(starts, [*ends[:-1], None], strict=True)]
        return cls(spans, [(end, start) for end, start in zip(ends, starts[1:], strict=False)])

    def cells(self, line: str, place: str) -> list[str]:
        """The values of a line, without blanks around them. A blank line has none.

        Args:
            place: names the line in errors.

        Raises:
            DataError: text stands between two columns, or after the last one.
        """
        if not line.strip():
            return []
        for start, end in self.gaps:
            if line[start:end].strip():
                raise DataError(
                    f"{place}: text stands between two columns",
                    received=f"{quoted(line[start:end].strip())} at position {start + 1}",
                    expected="Set fixed_width to the list of all widths, such as [10, 5, 8], in "
                    "the source's settings",
                )
        return [line[start:end].strip() for start, end in self.spans]


def rows_of(
    lines: Iterator[tuple[int, str]], fixed_width: bool | Sequence[int], *, name: str
) -> Iterator[tuple[int, list[str]]]:
    """Yields the number and the values of each line.

    Args:
        lines: with their numbers.
        fixed_width: the widths of the columns, or true to find them by the first 100 lines.
        name: the name of the file in errors.

    Raises:
        DataError: text stands outside of the columns.
    """
    first = list(islice(lines, SEEN))
    if isinstance(fixed_width, bool):
        columns = Columns.of_lines(line for _, line in first)
    else:
        columns = Columns.of_widths(fixed_width)
    for number, line in chain(first, lines):
        yield number, columns.cells(line, f"{name}, line {number}")
