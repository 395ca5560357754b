"""Where the rows of a table come from: a place for each row that does not follow the one before."""

import pytest

from pipeline.config.source import File, Source
from pipeline.data.formats import _tables
from tests.support.refusals import refusal


def places_of(*parts: tuple[str, list[int]]) -> list[tuple[int, str, int]]:
    """The places that are recorded for rows on some lines of files."""
    places: list[tuple[int, str, int]] = []
    rows = [(file, iter([(line, ["x"]) for line in lines])) for file, lines in parts]
    assert len(list(_tables._placed(rows, places))) == sum(len(lines) for _, lines in parts)
    return places


def test_rows_that_follow_share_a_place():
    assert places_of(("a.csv", [2, 3, 4])) == [(0, "a.csv", 2)]


def test_gaps_and_files_begin_a_place():
    assert places_of(("a.csv", [2, 4, 5]), ("b.csv", [6])) == [
        (0, "a.csv", 2),
        (1, "a.csv", 4),
        (3, "b.csv", 6),
    ]


@pytest.mark.parametrize(("rows", "recorded"), [(1000, 1000), (1001, 0), (2000, 0)])
def test_places_of_a_file_with_many_gaps_are_not_recorded(rows, recorded):
    assert len(places_of(("a.csv", [2 * row for row in range(rows)]))) == recorded


@pytest.mark.parametrize("name", ["arff", "csv", "jsonl", "parquet", "xlsx"])
def test_each_format_of_tables_takes_one_file(name):
    message = refusal(Source, "own", name, files=[File("a"), File("b")])
    assert message.startswith("source is invalid. Received: a, b. Expected: one file")
