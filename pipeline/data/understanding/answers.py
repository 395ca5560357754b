"""Answers: texts that mean yes and no, as a column of a label holds them."""

from collections.abc import Iterable

from pipeline.data.cells import is_number

_NO_AND_YES = (("0", "1"), ("-1", "1"), ("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"))


def no_and_yes(texts: Iterable[str]) -> list[str] | None:
    """The texts for no and for yes, in this order; None if these texts mean something else.

    `1` and `1.0` are the same.
    """
    plain = {plain_answer(text): text for text in sorted(texts, key=_size, reverse=True)}
    for pair in _NO_AND_YES:
        if set(plain) == set(pair):
            return [plain[text] for text in pair]
    return None


def _size(text: str) -> tuple[int, str]:
    return len(text), text


def plain_answer(text: str) -> str:
    """A text in lower case, or a number in its shortest form."""
    return f"{float(text):g}" if is_number(text) else text.casefold()
