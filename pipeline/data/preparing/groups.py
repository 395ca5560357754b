"""Groups: a column of rows that belong together, such as those of one patient."""

from pipeline.data.cells import quoted
from pipeline.data.missing import is_missing
from pipeline.data.preparing.equality import numbers_of_texts
from pipeline.data.preparing.splits import Rows
from pipeline.data.tables import TextTable
from pipeline.errors import DataError


def groups_of(text: TextTable, column: str) -> Rows:
    """The number of each row's group, int64 of shape (rows,).

    Raises:
        DataError: a row has no group.
    """
    groups = ["" if is_missing(cell) else cell.strip() for cell in text.columns[column]]
    for row, group in enumerate(groups):
        if not group:
            raise DataError(
                f"{text.place(column, row)}: the group is missing",
                received=quoted(text.columns[column][row]),
                expected="Expected: a group in every row",
            )
    return numbers_of_texts(groups)
