"""Missing values: the texts that stand for one in a CSV file."""

SIGNS = ("", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")


def is_missing(cell: str) -> bool:
    """Whether a cell holds one of the signs, with or without spaces around it."""
    return cell.strip() in SIGNS
