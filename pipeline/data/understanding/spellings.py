"""Spellings: texts that differ only in upper and lower case, or in spaces."""

from collections.abc import Mapping

from pipeline.data.understanding.answers import plain_answer

_NO = frozenset({"0", "no", "false", "n", "f"})
_YES = frozenset({"1", "yes", "true", "y", "t"})


def variants(values: Mapping[str, int]) -> dict[str, list[str]]:
    """The other spellings of each text. The key is the commonest spelling.

    Args:
        values: how often each text occurs.
    """
    groups: dict[str, list[str]] = {}
    for text in values:
        groups.setdefault(" ".join(text.casefold().split()), []).append(text)
    several = [group for group in groups.values() if len(group) > 1]
    ranked = [sorted(group, key=lambda text: (-values[text], text)) for group in several]
    return {first: others for first, *others in ranked}


def answers(values: Mapping[str, int]) -> dict[str, list[str]]:
    """The other spellings of yes and of no, if the texts are answers in several spellings.

    The key is the commonest spelling. Empty if a text is something else.
    """
    plain = {text: plain_answer(text) for text in values}
    own = [[text for text in values if plain[text] in meaning] for meaning in (_NO, _YES)]
    letters = {text for text in plain.values() if text.isalpha() and len(text) == 1}
    are_codes = not (letters <= {"n", "y"} or letters <= {"f", "t"})
    if are_codes or not all(own) or sum(map(len, own)) < max(3, len(values)):
        return {}
    order = list(values)
    own.sort(key=lambda texts: order.index(texts[0]))
    ranked = [sorted(texts, key=lambda text: (-values[text], text)) for texts in own]
    return {first: others for first, *others in ranked if others}


def are_of_one_word(texts: list[str]) -> bool:
    """Whether texts surely spell one word. One letter may be a code, as in `a` and `A`."""
    return all(len(text) > 1 for text in texts)


def abbreviations(values: Mapping[str, int]) -> dict[str, str]:
    """Single letters that are the first letter of exactly one other text, such as `M` of `Male`."""
    letters = [text for text in values if len(text) == 1 and text.isalpha()]
    words = {text.casefold(): text for text in values if len(text) > 2}
    levels = {}
    for letter in letters:
        begin = [word for word in words if word.startswith(letter.casefold())]
        if len(begin) == 1:
            levels[letter] = words[begin[0]]
    return levels
