import json
from pathlib import Path

import pytest

from pipeline.data.raw import open_raw
from pipeline.files import write_sealed
from tests.support.raw_sources import write_source
from tests.support.refusals import refusal

pytestmark = pytest.mark.usefixtures("in_empty_folder")

FETCH = "python -m pipeline.fetch own"
OWN = Path("raw/own")


def test_missing_source_names_the_command() -> None:
    assert refusal(open_raw, OWN) == (f"raw/own/provenance.json is missing. Make it with: {FETCH}.")


def test_missing_file_names_the_command() -> None:
    (write_source(OWN, train="a,y\n1,2\n") / "data.csv").unlink()
    assert refusal(open_raw, OWN) == f"raw/own/data.csv is missing. Make it with: {FETCH}."


def test_changed_file_is_refused() -> None:
    (write_source(OWN, train="a,y\n1,2\n3,4\n") / "data.csv").write_bytes(b"a,y\n1,2\n3,5\n")
    assert refusal(open_raw, OWN) == (
        "raw/own/data.csv was changed after fetch wrote it. Received: sha256 81253cee8b52…. "
        f"Expected: sha256 caaa92249a6f…; make the file again with: {FETCH}."
    )


def test_changed_facts_are_refused() -> None:
    path = write_source(OWN, train="a,y\n1,2\n") / "provenance.json"
    write_sealed(path, json.loads(path.read_text()))
    assert open_raw(OWN).columns == ["a", "y"]
    path.write_text(path.read_text().replace('"rows": 1', '"rows": 3'))
    assert refusal(open_raw, OWN) == f"{path} is damaged. Make it again with: {FETCH}."


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["a", "c"], "column 2 differs from that of the source. Received: c. Expected: y."),
        (["a"], "column 2 differs from that of the source. Received: nothing. Expected: y."),
        (
            ["a", "y", "z"],
            "column 3 differs from that of the source. Received: z. Expected: nothing.",
        ),
    ],
)
def test_other_columns_are_refused(columns: list[str], message: str) -> None:
    raw = open_raw(write_source(OWN, train="a,y\n1,2\n"))
    assert refusal(raw.check_columns, raw.train, columns) == f"raw/own/data.csv, line 1: {message}"
