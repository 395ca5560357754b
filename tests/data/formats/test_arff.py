from pathlib import Path
from typing import Any

import pytest

from pipeline.config.source import Source
from pipeline.data.formats import Contents, SourceFile, arff
from tests.support.refusals import refusal

HEADER = (
    "% about\n@RELATION own\n\n@attribute 'my col' numeric\n@Attribute kind {a,'b c',\"d,e\"}\n"
)


def read(folder: Path, text: str, **settings: Any) -> Contents:
    path = folder / "own.arff"
    path.write_text(text, encoding="utf-8")
    source = Source("own", path=str(path), **settings)
    assert source.format == "arff"
    return arff.read(source, [SourceFile("own.arff", path, "own.arff")], folder)


def test_values_lose_quotes_and_missing_is_empty(tmp_path):
    text = (
        f"{HEADER}@attribute s string\n@DATA\n1.50, a, 'it\\'s'\n% note\n?,'b c',?\n3,\"d,e\",'?'\n"
    )
    contents = read(tmp_path, text)
    assert contents.columns == ["my col", "kind", "s"]
    assert (tmp_path / "data.csv").read_text().splitlines()[1:] == [
        "1.50,a,it's",
        ",b c,",
        '3,"d,e",?',
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,c\n", "own.arff, line 7, column kind: the value is not in the list. Received: 'c'. "),
        ("1\n", "own.arff, line 7: the row has a wrong number of values. Received: 1 value. "),
        ("{0 1}\n", "own.arff, line 7: the row is sparse. Received: '{0 1}'. "),
        ("1,'a\n", "own.arff, line 7: the quotes do not match. "),
        ("", "own.arff has no rows. Expected: rows after @data."),
    ],
)
def test_broken_rows_are_refused(tmp_path, rows, message):
    assert refusal(read, tmp_path, f"{HEADER}@data\n{rows}").startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "own.arff, line 1: this is not a line of an ARFF header. Received: 'a,b'. "),
        (HEADER, "own.arff has no rows. Expected: @attribute lines, then @data."),
        ("@data\n1\n", "own.arff has no rows. Expected: @attribute lines, then @data."),
    ],
)
def test_broken_header_is_refused(tmp_path, text, message):
    assert refusal(read, tmp_path, text).startswith(message)
