"""Several tests at once."""

from collections.abc import Sequence

LEVEL = 0.05


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Adjusts p-values for their number by Holm's method, in the same order.

    Each may be compared with 0.05. The chance of any false rejection is then at most 0.05, however
    the tests depend on each other (Holm, *A simple sequentially rejective multiple test procedure*,
    Scandinavian Journal of Statistics 6, 1979).
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    result, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        result[place] = highest
    return result
