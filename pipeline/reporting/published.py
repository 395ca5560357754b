"""The published test figure in the text of the setting `reported`."""

import re

_PER_CENT = re.compile(r"(\d+(?:\.\d+)?)(?= [%/]|%)")
_SHARE = re.compile(r"(?<![\d.])0\.\d+")
_DIGITS = 10  # without the rounding error of a division
_OTHER_SPLITS = re.compile(r"\b(validation|train|training)\b", re.IGNORECASE)


def published(reported: str) -> float | None:
    """Finds the figure: the last percentage, or the only number below 1.

    `test 7.4 / 95.1 / 98.7 % at steps 0, 100, 1,000` gives 0.987. A text without a figure, about
    another split, or with several numbers below 1 gives None.
    """
    if _OTHER_SPLITS.search(reported):
        return None
    if "%" in reported:
        shares = _PER_CENT.findall(reported)
        return round(float(shares[-1]) / 100, _DIGITS) if shares else None
    numbers = _SHARE.findall(reported)
    return float(numbers[0]) if len(numbers) == 1 else None
