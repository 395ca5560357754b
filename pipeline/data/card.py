"""The data card: what `prepare` understood of each column, for people.

`prepare` writes it next to `meta.json`, as `data_card.md` and as `data_card.json`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pipeline.files import read_json, write_json, write_text

MARKDOWN, JSON = "data_card.md", "data_card.json"
HEADINGS = ("column", "holds", "examples", "missing", "different", "content", "becomes")


@dataclass(frozen=True)
class ColumnCard:
    """Facts about one column.

    Args:
        holds: the kind of its cells, such as `number` or `date`.
        why: why it is read so, or left out.
        examples: its first different values.
        missing: how often each sign of a missing value occurs.
        different: the number of different values; None if the column is not used.
        content: the quantiles of numbers, or the commonest levels with their counts.
        becomes: the features, the target, or why there are none.
    """

    name: str
    holds: str
    why: str
    examples: list[str]
    missing: dict[str, int]
    different: int | None
    content: str
    becomes: str
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DataCard:
    """Facts about a table.

    Args:
        rows: the number of rows of each split; only `all` before the rows are split.
        columns: the columns in the order of the file.
        notes: what else a user should know.
    """

    name: str
    source: str
    rows: dict[str, int]
    targets: list[str]
    columns: list[ColumnCard]
    notes: list[str]

    def save(self, folder: Path) -> None:
        """Writes both files into a folder."""
        write_json(folder / JSON, self)
        write_text(folder / MARKDOWN, self.markdown())

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Reads the card of a data variant. None if it has none."""
        if not (folder / JSON).is_file():
            return None
        values = read_json(folder / JSON, made_by=f"dvc repro prepare@{folder.name}")
        columns = [ColumnCard(**column) for column in values.pop("columns")]
        return cls(**values, columns=columns)

    def markdown(self) -> str:
        """The card as Markdown."""
        rows = ", ".join(f"{count:,} {split}" for split, count in self.rows.items())
        lines = [f"# {self.name}", "", f"Source: {self.source}. Rows: {rows}.", ""]
        if self.targets:
            plural = "s" if len(self.targets) > 1 else ""
            lines += [f"Target{plural}: {', '.join(self.targets)}.", ""]
        lines += [f"| {' | '.join(HEADINGS)} |"]
        lines += ["|---|---|---|--:|--:|---|---|"]
        lines += [f"| {' | '.join(map(_cell, row(column)))} |" for column in self.columns]
        notes = list(self.lines())
        if notes:
            lines += ["", *(f"- {note}" for note in notes)]
        return "\n".join(lines) + "\n"

    def table(self) -> Any:
        """The card as a table for a terminal."""
        from rich.markup import escape

        from pipeline.fitted_table import FittedTable

        table = FittedTable(*HEADINGS, drop=("content", "different", "examples", "missing"))
        for column in self.columns:
            table.add_row(*map(escape, row(column)))
        return table

    def lines(self) -> Iterator[str]:
        """The notes and doubts, one line each."""
        yield from self.lines_of_columns()
        for column in self.columns:
            yield from (f"{column.name} is in doubt: {doubt}" for doubt in column.doubts)
        yield from self.notes

    def lines_of_columns(self) -> Iterator[str]:
        """What a user should know about single columns, one line each."""
        for column in self.columns:
            if column.becomes.startswith("left out") and column.why:
                yield f"{column.name} is {column.becomes}"
            yield from (f"{column.name} {note}" for note in column.notes)


def row(column: ColumnCard) -> list[str]:
    """A column as a row of a table, without its notes."""
    return [
        column.name,
        column.holds,
        ", ".join(column.examples),
        f"{sum(column.missing.values()):,}" if column.missing else "",
        "" if column.different is None else f"{column.different:,}",
        column.content,
        column.becomes,
    ]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
