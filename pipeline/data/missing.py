"""Missing values: the texts that stand for one in a CSV file."""

SIGNS = (
    *("", "?", "-", ".", "NA", "N/A", "n/a", "NaN", "nan", "NaT", "NULL", "null", "None"),
    *("#N/A", "#NA", "<NA>", "#VALUE!", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#NUM!"),
    *("-NaN", "-nan", "1.#QNAN", "-1.#QNAN", "1.#IND", "-1.#IND", "#N/A N/A"),
)


def is_missing(cell: str) -> bool:
    """Whether a cell holds one of the signs, with or without spaces around it."""
    return cell.strip() in SIGNS
