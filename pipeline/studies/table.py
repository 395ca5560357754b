"""Tables of trials on a terminal: a column for each setting, so that a row holds the values alone."""

from collections.abc import Sequence

from rich.table import Table

FRAME = 9  # lines of title, caption, borders and a heading of three lines, and the one that the cursor is on
_STATUS = 8  # characters of FINISHED


def trial_table(
    title: str, settings: Sequence[str], measured: Sequence[str], *, one_line: bool = False
) -> Table:
    """An empty table with the columns `trial`, `settings`, `status` and `measured`.

    Args:
        one_line: cuts what is too wide, the status first, where a table must fit a terminal; it is wrapped otherwise.
    """
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column("trial", justify="right", no_wrap=one_line)
    add_settings(table, settings, one_line=one_line)
    table.add_column("status", overflow="ellipsis" if one_line else "fold", min_width=_STATUS)
    for name in measured:
        table.add_column(
            name.replace("/", "/\n"), justify="right", no_wrap=one_line, overflow="fold"
        )
    return table


def add_settings(table: Table, settings: Sequence[str], *, one_line: bool = False) -> None:
    """Adds a column for each setting, with a line of its heading for each part of the name."""
    for name in settings:
        table.add_column(
            name.replace(".", ".\n"), no_wrap=one_line, overflow="ellipsis" if one_line else "fold"
        )
