"""The ledger of looks: which models were scored on which test rows, and when.

mlruns/looks/
  ledger.jsonl   one sealed line for each time that a command opened a test split
  lock           held while a line is added

A look is on disk before its figures are shown, so a kill loses no look. Two ledgers are joined by
appending one file to the other.
"""

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from io import BufferedRandom
from typing import Any

from pipeline import layout, sealed_lines
from pipeline.errors import PipelineError
from pipeline.locks import locked

FILE = "ledger.jsonl"


@dataclass(frozen=True, kw_only=True)
class Look:
    """One opening of a test split.

    Args:
        purpose: the command that opened it, such as `evaluate`.
        run_id: the run that trained the models.
        data: the data variant.
        split: its digest of the encoded test split.
        truth: identifies the test rows by their true values. Data variants with the same test rows
            share it.
        rows: the number of test rows.
        models: the digest of each model that was scored on all of these rows, by its step.
        shown: what a reader saw: the names of metrics, or the number of a row.
        time: in UTC.
    """

    purpose: str
    run_id: str
    data: str
    split: str
    truth: str
    rows: int
    models: dict[str, str]
    shown: list[str]
    time: str = ""


@dataclass(frozen=True)
class Standing:
    """How often the test rows of a result have been used.

    Args:
        before: the number of other models that were scored on them before.
        after: the number of other models that were scored on them later.
        inspected: the number of times that `inspect` showed one of the rows.
        rows: the number of rows.
        damaged: the number of lines of the ledger that may hold more looks.
    """

    before: int
    after: int
    inspected: int
    rows: int
    damaged: int = 0

    @property
    def is_reused(self) -> bool:
        """Whether figures of other models on these rows may have guided a choice."""
        return self.before + self.after > 0


@dataclass(frozen=True)
class Ledger:
    """All looks in order of time, and the number of damaged lines."""

    looks: Sequence[Look]
    damaged: int = 0

    def standing(self, run_id: str, step: int) -> Standing | None:
        """The standing of the model of a run and step.

        Models with equal weights count as one. Models that were scored together do not count: none
        of their figures was known when the others were trained. Returns None if the model was
        never scored.
        """
        name = str(step)
        own = [look for look in self.looks if look.run_id == run_id and name in look.models]
        if not own:
            return None
        model, truth = own[-1].models[name], own[-1].truth
        on_these_rows = [look for look in self.looks if look.truth == truth]
        first = next(look for look in on_these_rows if model in look.models.values())
        place = on_these_rows.index(first)
        before = _models(on_these_rows[:place])
        after = _models(on_these_rows[place:]) - before - set(first.models.values())
        return Standing(
            before=len(before),
            after=len(after),
            inspected=sum(look.purpose == "inspect" for look in on_these_rows),
            rows=first.rows,
            damaged=self.damaged,
        )

    def lines_on_rows_of(self, run_ids: Collection[str]) -> list[str]:
        """The lines of the ledger about test rows on which these runs were scored.

        Looks that show the same again are left out, because they change no standing.
        """
        rows = {look.truth for look in self.looks if look.run_id in run_ids}
        lines: dict[object, str] = {}
        for look in self.looks:
            if look.truth in rows:
                once = look if look.purpose == "inspect" else replace(look, time="")
                lines.setdefault(repr(once), sealed_lines.seal(asdict(look)))
        return list(lines.values())


def _models(looks: Sequence[Look]) -> set[str]:
    return {model for look in looks for model in look.models.values()}


def read() -> Ledger:
    """Reads the ledger. It has no looks if the file is missing.

    A last line without an end is left out, because its figures were never shown.
    """
    path = layout.looks() / FILE
    lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
    whole = dict.fromkeys(line for line in lines if line.endswith(b"\n"))  # joined ledgers overlap
    looks = [look for line in whole if (look := _look(line)) is not None]
    return Ledger(sorted(looks, key=lambda look: look.time), damaged=len(whole) - len(looks))


def record(look: Look) -> None:
    """Adds a look with the present time. It is on disk when this returns.

    Raises:
        PipelineError: writing the ledger failed.
    """
    folder = layout.looks()
    try:
        activity = "records a look at a test split"
        with locked(folder, activity, wait=True), (folder / FILE).open("ab+") as file:
            _end_last_line(file)
            now = datetime.now(UTC).isoformat(timespec="microseconds")
            file.write(sealed_lines.seal(asdict(look) | {"time": now}).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise PipelineError(
            f"writing {folder / FILE} failed, so the test split stays closed",
            received=error.strerror,
            expected="Make it writable or free space, then run the same command again",
        ) from None


def join(lines: Iterable[str]) -> None:
    """Adds the undamaged lines of another ledger that this one does not have."""
    whole = {line: None for line in map(str.encode, lines) if _look(line) is not None}
    if not whole:
        return
    folder = layout.looks()
    activity = "adds looks of another project"
    with locked(folder, activity, wait=True), (folder / FILE).open("ab+") as file:
        _end_last_line(file)
        file.seek(0)
        own = set(file.read().splitlines(keepends=True))
        file.write(b"".join(line for line in whole if line not in own))
        file.flush()
        os.fsync(file.fileno())


def _end_last_line(file: BufferedRandom) -> None:
    """Ends the last line if only its end is missing. Removes it if a kill has cut it."""
    file.seek(0)
    content = file.read()
    last = content.rpartition(b"\n")[2]
    if last and _look(last + b"\n"):
        file.write(b"\n")
    elif last:
        file.truncate(len(content) - len(last))


def _look(line: bytes) -> Look | None:
    values: Any = sealed_lines.unseal(line)
    try:
        return None if values is None else Look(**values)
    except TypeError:  # another version of this module wrote it
        return None
