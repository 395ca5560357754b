"""Journals: the outcomes of a study on disk.

A study has a folder, `mlruns/sweeps/<sweep_id>/` or `mlruns/search/<search_id>/`:

trials/000.json   the state of a sweep's trial, written by the process that runs it
journal.jsonl     a search's outcomes in order, one line each with its own checksum
search.json       what a search varies, for readers
logs/000.txt      what a trial printed
trials.csv        the last outcome of each trial, written at the end
figures/          how the objective depends on the settings
study.json        the ranking and how sure it is, for the report
lock              held by the process that runs the study
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from pipeline import sealed_lines
from pipeline.console import log
from pipeline.files import read_json, write_json, write_text
from pipeline.locks import locked
from pipeline.studies import trial_runs
from pipeline.studies.outcome import Outcome
from pipeline.studies.trial import Trial


class Journal:
    """The folder of one study."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def log_file(self, number: int) -> Path:
        """The file that receives what a trial prints."""
        return self.logs / f"{number:03d}.txt"


class SweepJournal(Journal):
    """One file for each trial, because trials of a sweep run in several processes."""

    def clear(self) -> None:
        """Deletes the outcomes. Finished trials are recognised by their runs."""
        for file in (self.folder / "trials").glob("*.json"):
            file.unlink()

    def write(self, outcome: Outcome) -> None:
        """Replaces the outcome of a trial."""
        write_json(self._file(outcome.trial.number), asdict(outcome))

    def read(self, trials: Sequence[Trial]) -> list[Outcome]:
        """The outcomes of all trials. A trial without a file is waiting."""
        return [self._read(trial) for trial in trials]

    def _read(self, trial: Trial) -> Outcome:
        file = self._file(trial.number)
        if not file.is_file():
            return Outcome(trial)
        return Outcome.from_values(read_json(file, made_by="the same sweep again"))

    def _file(self, number: int) -> Path:
        return trial_runs.file_of(self.folder, number)


class SearchJournal(Journal):
    """The outcomes of a search, in the order in which its trials ended.

    A search resumes from its journal only.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.outcomes: list[Outcome] = []
        self._file = folder / "journal.jsonl"

    def read(self) -> None:
        """Reads the outcomes up to the first damaged line. Drops the rest with a warning."""
        if not self._file.is_file():
            return
        lines = self._file.read_bytes().splitlines(keepends=True)
        for line in lines:
            outcome = _outcome(line)
            if outcome is None:
                break
            self.outcomes.append(outcome)
        if dropped := len(lines) - len(self.outcomes):
            log(
                f"warning: {self._file} is damaged after line {len(self.outcomes)}; "
                f"the last {dropped} lines are dropped. Their trials are looked up again; "
                "finished ones are not trained again."
            )
            write_text(self._file, "".join(_line(outcome) for outcome in self.outcomes))

    def append(self, outcome: Outcome) -> None:
        """Adds an outcome. It is on disk when this returns."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(_line(outcome))
            file.flush()
            os.fsync(file.fileno())
        self.outcomes.append(outcome)


@contextmanager
def open_sweep(folder: Path) -> Iterator[SweepJournal]:
    """Locks the folder of a sweep and clears its journal.

    Raises:
        PipelineError: another process runs the same sweep.
    """
    with locked(folder, "runs this sweep"):
        journal = SweepJournal(folder)
        journal.clear()
        yield journal


@contextmanager
def open_search(folder: Path) -> Iterator[SearchJournal]:
    """Locks the folder of a search and reads its journal.

    Raises:
        PipelineError: another process runs the same search.
    """
    with locked(folder, "runs this search"):
        journal = SearchJournal(folder)
        journal.read()
        yield journal


def _line(outcome: Outcome) -> str:
    return sealed_lines.seal(asdict(outcome))


def _outcome(line: bytes) -> Outcome | None:
    """Reads the outcome on a line. Returns None if the line is damaged."""
    values = sealed_lines.unseal(line)
    try:
        return None if values is None else Outcome.from_values(values)
    except (KeyError, TypeError, ValueError):  # another version of this module wrote it
        return None
