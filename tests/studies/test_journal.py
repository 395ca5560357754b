"""Journals return what was written to them, whatever happened to the file."""

import os
import platform

import pytest

from pipeline import sealed_lines
from pipeline.studies.journal import SearchJournal, SweepJournal, open_search, open_sweep
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.trial import Trial
from tests.support.refusals import refusal

TRIALS = [Trial(number, {"x": 0.1 + number}, [f"x={0.1 + number}"]) for number in range(3)]
OUTCOMES = [Outcome(trial, Status.FINISHED, objective=1 / 3) for trial in TRIALS]


@pytest.fixture
def file(tmp_path):
    """The journal of a search with three outcomes."""
    with open_search(tmp_path) as opened:
        for outcome in OUTCOMES:
            opened.append(outcome)
    return tmp_path / "journal.jsonl"


def read(file):
    with open_search(file.parent) as opened:
        return opened.outcomes


def test_search_journal_returns_its_outcomes(file):
    assert read(file) == OUTCOMES


def test_truncated_journal_keeps_its_complete_lines(file):
    data = file.read_bytes()
    ends = [number + 1 for number, byte in enumerate(data) if byte == ord("\n")]
    for cut in {*range(0, len(data), 19), *ends, *(end - 1 for end in ends)}:
        file.write_bytes(data[:cut])
        assert read(file) == OUTCOMES[: sum(end <= cut for end in ends)]


def test_changed_bit_drops_its_line_and_the_rest(file, capsys):
    data = bytearray(file.read_bytes())
    data[data.index(b"\n") + 40] ^= 1
    file.write_bytes(data)
    assert read(file) == OUTCOMES[:1]
    assert capsys.readouterr().err == (
        f"warning: {file} is damaged after line 1; the last 2 lines are dropped. "
        "Their trials are looked up again; finished ones are not trained again.\n"
    )


def test_dropped_lines_are_deleted_from_the_file(file):
    file.write_bytes(file.read_bytes()[:-5])
    with open_search(file.parent) as opened:
        opened.append(OUTCOMES[2])
    assert read(file) == OUTCOMES


def test_outcome_of_another_version_is_dropped(file):
    file.write_text(sealed_lines.seal({"number": 0}))
    assert read(file) == []


@pytest.mark.parametrize(("kind", "open_study"), [("search", open_search), ("sweep", open_sweep)])
def test_one_process_at_a_time_runs_a_study(tmp_path, kind, open_study):
    with open_study(tmp_path):
        assert refusal(open_study(tmp_path).__enter__) == (
            f"another process runs this {kind}. "
            f"Received: process {os.getpid()} on {platform.node()}. "
            "Wait until it ends, or stop it."
        )


def test_sweep_journal_returns_its_outcomes(tmp_path):
    sweep = SweepJournal(tmp_path)
    for outcome in OUTCOMES[1:]:
        sweep.write(outcome)
    assert sweep.read(TRIALS) == [Outcome(TRIALS[0]), *OUTCOMES[1:]]


def test_sweep_that_starts_again_clears_its_journal(tmp_path):
    SweepJournal(tmp_path).write(OUTCOMES[0])
    with open_sweep(tmp_path) as opened:
        assert [one.status for one in opened.read(TRIALS)] == [Status.WAITING] * 3


def test_trials_print_to_files_of_their_own(tmp_path):
    assert SearchJournal(tmp_path).log_file(7) == tmp_path / "logs/007.txt"
