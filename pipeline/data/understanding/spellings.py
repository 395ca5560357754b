"""Spellings: texts that differ only in upper and lower case, or in spaces."""

from collections.abc import Mapping


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
