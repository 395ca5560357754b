"""Sentinels: numbers that stand for a missing value, such as -999."""

from collections.abc import Collection

from pipeline.data.understanding.numbers import Tally

_NINES = frozenset(sign * int("9" * digits) for digits in range(2, 7) for sign in (-1, 1))
_RARE = 0.01
_FAR = 3.0
_VERY_FAR = 100.0
_APART = 0.1
# The least and greatest whole numbers of 16 and 32 bits.
_LIMITS = frozenset({-(2**15), 2**15 - 1, 2**16 - 1, -(2**31), 2**31 - 1, 2**32 - 1})


def sentinel_of(tally: Tally, *, sentinels: Collection[float] = ()) -> float | None:
    """The number that probably stands for a missing value, or None.

    It is whole, is the least or the greatest number, and occurs again and again. Its distance from
    the other numbers exceeds their range if it consists of nines, else three times their range. A
    positive number needs a hundred times their range, unless it is nines or a limit of integers.

    Args:
        sentinels: the sentinels of other columns. They need not be that far from the other numbers.
    """
    numbers, counts = tally.numbers, tally.counts
    if len(numbers) < 3:
        return None
    least, second, last_but_one, greatest = map(float, numbers[[0, 1, -2, -1]])
    for value, nearest, span, count in (
        (least, second, greatest - second, counts[0]),
        (greatest, last_but_one, last_but_one - least, counts[-1]),
    ):
        gap = abs(value - nearest)
        often = count >= max(2, _RARE * counts.sum())
        is_only_negative = value < 0 <= nearest
        far = gap > span * (1 if value in _NINES else _FAR)
        if value in sentinels:
            far = far or is_only_negative or gap > _APART * span
        looks_chosen = value in _NINES or value in _LIMITS or value < 0 or gap > _VERY_FAR * span
        if often and far and looks_chosen and value.is_integer():
            return value
    return None
