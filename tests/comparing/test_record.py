"""The folder and the record of a comparison."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

from pipeline.comparing import record
from pipeline.files import write_sealed
from tests.comparing.test_text import ROWS, comparison, part
from tests.support.refusals import refusal

FOLDER = Path("compared")


def written():
    FOLDER.mkdir()
    Path("source").write_text("1")
    own = comparison(part(ROWS, "b"))
    own = replace(own, sources=record.digests([Path("source")]))
    record.write(FOLDER, own)
    return own


def test_record_is_read_as_it_was_written():
    own, same = written(), record.read(FOLDER)
    assert json.dumps(asdict(same)) == json.dumps(asdict(own))
    assert same.verdict == "model_b is better"


def test_record_of_present_results_is_current():
    written()
    assert record.outdated(record.read(FOLDER)) == ""


def test_changed_source_makes_it_outdated():
    written()
    Path("source").write_text("2")
    assert record.outdated(record.read(FOLDER)) == "source has changed since"


def test_missing_source_makes_it_outdated():
    written()
    Path("source").unlink()
    assert record.outdated(record.read(FOLDER)) == "source is missing"


def test_other_version_is_refused():
    FOLDER.mkdir()
    write_sealed(FOLDER / record.FILE, {"names": []})
    assert refusal(record.read, FOLDER).startswith(
        "compared/comparison.json is of another version of this package"
    )


def test_folder_is_named_by_names_and_choices():
    assert str(record.folder_of(["a", "b"], choices=["rows", "log_loss"])) == (
        "outputs/comparisons/a_vs_b_rows_log_loss"
    )


def test_slash_in_a_name_makes_no_folder():
    folder = record.folder_of(["80a1/0", "80a1/4"], choices=["pinball/0.9"])
    assert str(folder) == "outputs/comparisons/80a1-0_vs_80a1-4_pinball-0.9"


def test_many_names_have_a_short_folder():
    one, other = (record.folder_of([end * 90, "b" * 90], choices=[]) for end in "ac")
    assert len(one.name) < 140
    assert one != other


def test_identifier_depends_on_the_runs():
    own = comparison(part(ROWS, "b"))
    assert re.fullmatch("[0-9a-f]{12}", record.identifier(own))
    others = replace(own, runs={"a": ["r"]})
    assert record.identifier(own) != record.identifier(others)
    assert record.identifier(own) == record.identifier(comparison(part(ROWS, "b")))
