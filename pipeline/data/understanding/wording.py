"""How messages name the values of a column."""

from collections.abc import Sequence

from pipeline.data.cells import quoted

MOST_TEXTS = 3  # of values that are named in a message


def listed(texts: Sequence[str]) -> str:
    """The first texts in quotes, and how many others there are."""
    quotes = [quoted(text) if text else "empty cells" for text in texts[:MOST_TEXTS]]
    more = len(texts) - MOST_TEXTS
    return ", ".join(quotes) + (f" and {more:,} others" if more > 0 else "")
