"""The journal of a search: what is in it can be trusted, whatever happened to the file."""

import os
import platform

import pytest

from pipeline.errors import PipelineError
from pipeline.studies import search_journal as journal
from pipeline.studies.search_journal import FINISHED, Record

RECORDS = [
    Record(number, {"x": 0.1 + number}, [f"x={0.1 + number}"], FINISHED, objective=1 / 3)
    for number in range(3)
]


@pytest.fixture
def whole(tmp_path):
    with journal.held(tmp_path) as kept:
        for record in RECORDS:
            kept.append(record)
    return tmp_path / "journal.jsonl"


def read(file):
    with journal.held(file.parent) as kept:
        return kept.records


def test_records_come_back_as_they_were(whole):
    assert read(whole) == RECORDS


def test_a_journal_without_an_end_keeps_what_is_whole_wherever_it_was_cut(whole):
    data = whole.read_bytes()
    ends = [number + 1 for number, byte in enumerate(data) if byte == ord("\n")]
    for cut in {*range(0, len(data), 19), *ends, *(end - 1 for end in ends)}:
        whole.write_bytes(data[:cut])
        assert read(whole) == RECORDS[: sum(end <= cut for end in ends)]


def test_a_bit_that_changed_drops_its_record_and_those_after_it(whole, capsys):
    data = bytearray(whole.read_bytes())
    data[data.index(b"\n") + 40] ^= 1
    whole.write_bytes(data)
    assert read(whole) == RECORDS[:1]
    assert capsys.readouterr().err == (
        f"warning: {whole} is damaged after record 1; 2 lines are dropped. "
        "Their trials come back: what is trained is not trained again.\n"
    )


def test_what_was_dropped_does_not_stand_before_what_comes(whole):
    whole.write_bytes(whole.read_bytes()[:-5])
    with journal.held(whole.parent) as kept:
        kept.append(RECORDS[2])
    assert read(whole) == RECORDS


def test_a_record_of_another_version_is_dropped(whole):
    text = '{"number": 0}'
    whole.write_text(f"{journal._checksum(text)} {text}\n")
    assert read(whole) == []


def test_a_search_is_run_by_one_process_at_a_time(tmp_path):
    with journal.held(tmp_path), pytest.raises(PipelineError) as caught, journal.held(tmp_path):
        pass
    assert str(caught.value) == (
        f"another process runs this very search. Received: process {os.getpid()} on {platform.node()}. "
        "Wait for its end, or stop it."
    )
