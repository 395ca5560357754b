"""What is known of a search, in `mlruns/search/<search_id>/`: the one thing that it goes on from.

search.json     what is searched, for people
journal.jsonl   a line for each trial that ended, in order, each with its own checksum
logs/000.txt    what the trials of a configuration printed
trials.csv      all of them as a table, when the search has ended
lock            held by the process that searches
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.console import log
from pipeline.files import write_text
from pipeline.locks import locked

FINISHED, PAUSED, FAILED = "FINISHED", "PAUSED", "FAILED"
_DIGITS = 16  # of a line's checksum


@dataclass(frozen=True)
class Record:
    """A trial that ended: configuration `number`, the oracle's `values`, and what came of them.

    `epochs` and `seconds` are those of the run since it began, in all processes; `timestamp` is in milliseconds since 1970.
    """

    number: int
    values: dict[str, Any]
    overrides: list[str]
    status: str
    objective: float | None = None
    run_id: str = ""
    epochs: float = 0.0
    seconds: float = 0.0
    timestamp: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    reason: str = ""


class Journal:
    """The records of one search, in the order in which its trials ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: list[Record] = []
        self._file = folder / "journal.jsonl"

    def read(self) -> None:
        """Reads the records up to the first line that is damaged; it and what follows are dropped, and told."""
        if not self._file.is_file():
            return
        lines = self._file.read_bytes().splitlines(keepends=True)
        for line in lines:
            record = _record(line)
            if record is None:
                break
            self.records.append(record)
        if dropped := len(lines) - len(self.records):
            log(
                f"warning: {self._file} is damaged after record {len(self.records)}; {dropped} lines are dropped. "
                "Their trials come back: what is trained is not trained again."
            )
            write_text(self._file, "".join(_line(record) for record in self.records))

    def append(self, record: Record) -> None:
        """Adds a record, which is on disk when this returns."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(_line(record))
            file.flush()
            os.fsync(file.fileno())
        self.records.append(record)

    def log(self, number: int) -> Path:
        """Where the trials of a configuration print to."""
        return self.folder / "logs" / f"{number:03d}.txt"


@contextmanager
def held(folder: Path) -> Iterator[Journal]:
    """Holds the folder of a search, and reads its journal.

    Raises:
        PipelineError: another process holds it.
    """
    with locked(folder, "runs this very search"):
        journal = Journal(folder)
        journal.read()
        yield journal


def _line(record: Record) -> str:
    text = json.dumps(asdict(record), sort_keys=True, allow_nan=False)
    return f"{_checksum(text)} {text}\n"


def _record(line: bytes) -> Record | None:
    """The record of a line; None unless every bit is as it was."""
    checksum, _, text = line.decode("utf-8", errors="replace").removesuffix("\n").partition(" ")
    whole = line.endswith(b"\n") and checksum == _checksum(text)
    try:
        return Record(**json.loads(text)) if whole else None
    except TypeError:  # of another version of this module
        return None


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
