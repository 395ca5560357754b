from pathlib import Path

import pytest

from pipeline.config.source import Source
from pipeline.data.formats import Contents, rows
from tests.support.refusals import refusal


def test_rows_are_written_as_csv(tmp_path: Path) -> None:
    source = Source("own", format="rows", columns=["a", "b"], rows=[[0, 1.0], [2.5, -3]])
    assert rows.read(source, [], tmp_path) == Contents(
        ["a", "b"], {"data.csv": 2}, "conf/source/own.yaml"
    )
    assert (tmp_path / "data.csv").read_text() == "a,b\n0,1\n2.5,-3\n"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "source.rows"),
        ({"columns": ["a", "b"], "rows": [[1, 2], [3]]}, "source.rows"),
        ({"columns": ["a", "b"], "rows": [[1, "two"]]}, "source.rows"),
        ({"columns": ["a"], "rows": [[1]], "url": "https://a.example/a.csv"}, "source.format"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, object], key: str) -> None:
    assert refusal(Source, "own", format="rows", **settings).startswith(f"{key} ")
