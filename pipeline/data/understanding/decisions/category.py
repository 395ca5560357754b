"""Categories, with the spellings of one level merged."""

from collections.abc import Iterator, Mapping

from pipeline.config.data import Data
from pipeline.config.yaml_text import flow
from pipeline.data.cells import quoted
from pipeline.data.understanding import spellings
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.wording import MOST_TEXTS, listed


def decide(profile: Profile, data: Data, _file: File) -> Finding:
    """Reads a column as categories, and merges spellings of one level."""
    column = profile.column
    chosen_spellings = data.spellings.get(column, {})
    values: dict[str, int] = {}
    for cell, count in profile.values.items():
        level = chosen_spellings.get(cell, cell)
        values[level] = values.get(level, 0) + count
    merged, notes, doubts = spellings_of(profile, data, values)
    if column not in data.categorical and column not in data.spellings:
        if column not in data.targets:
            notes += _notes_on_digits(profile)
        if column not in data.targets and not data.has_signs_of(column):
            doubts += _doubts_on_none(profile)
    settings = {"spellings": merged} if merged else {}
    why = "data.categorical names it" if column in data.categorical else "its values are texts"
    return Finding(profile.reading("category", settings), why, notes, doubts)


def spellings_of(
    profile: Profile, data: Data, values: Mapping[str, int]
) -> tuple[dict[str, str], list[str], list[str]]:
    """The level that each other spelling means, with notes and doubts.

    Args:
        values: how often each level occurs.
    """
    column = profile.column
    if column in data.categorical or column in data.spellings:
        return dict(data.spellings.get(column, {})), [], []
    return _merged(profile.key, values)


def _merged(column: str, values: Mapping[str, int]) -> tuple[dict[str, str], list[str], list[str]]:
    """The level that each other spelling means, with notes and doubts."""
    merged: dict[str, str] = {}
    notes: list[str] = []
    doubts: list[str] = []
    read_as: list[str] = []
    answers = spellings.answers(values)
    for first, others in (answers or spellings.variants(values)).items():
        if answers or spellings.are_of_one_word([first, *others]):
            merged |= dict.fromkeys(others, first)
            read_as.append(f"{listed(others)} as {quoted(first)}")
        else:
            same = flow(dict.fromkeys(others, first))
            doubts.append(
                f"it has {listed([first, *others])}. If they are the same, set "
                f"data.spellings: {{{column}: {same}}}; if they are different, "
                f"data.categorical: [{column}]"
            )
    if read_as:
        more = len(read_as) - MOST_TEXTS
        rest = f", and {more:,} more spelling{'s' if more > 1 else ''}" if more > 0 else ""
        notes.append(f"reads {', '.join(read_as[:MOST_TEXTS])}{rest}")
    unmerged = {text: count for text, count in values.items() if text not in merged}
    for letter, word in spellings.abbreviations(unmerged).items():
        notes.append(
            f"has {letter!r} and {word!r}; if they are the same, set data.spellings: "
            f"{{{column}: {{{flow(letter)}: {flow(word)}}}}}"
        )
    return merged, notes, doubts


def _notes_on_digits(profile: Profile) -> Iterator[str]:
    values = profile.values
    if len(values) > 2 and all(cell[0].isdigit() and not cell.isdigit() for cell in values):
        yield (
            f"begins with digits, as in {listed(list(values)[:2])}, and is read as categories; if "
            f"they have an order, set data.ordinal"
        )


def _doubts_on_none(profile: Profile) -> Iterator[str]:
    column, signs = profile.key, [sign for sign in profile.missing if sign]
    if "None" in signs and len(profile.missing) > 1:
        others = listed([sign for sign in profile.missing if sign != "None"])
        yield (
            f"it has 'None' in {profile.missing['None']:,} rows and {others} in others. If 'None' "
            f"is a level, set data.keep_as_level: {{{column}: [None]}}; if both mean missing, "
            f"data.na_values: {{{column}: [None]}}"
        )
    elif "-" in signs and all(set(cell) == {"+"} for cell in profile.values):
        yield (
            f"its level is '+', so '-' may be a level too. If it is, set "
            f"data.keep_as_level: {{{column}: ['-']}}; if it means missing, "
            f"data.na_values: {{{column}: ['-']}}"
        )
    elif "NA" in signs and all(_is_code_of_two_letters(cell) for cell in profile.values):
        yield (
            f"its levels are codes of two letters, so 'NA' may be one. If it is, set "
            f"data.keep_as_level: {{{column}: [NA]}}; if it means missing, "
            f"data.na_values: {{{column}: [NA]}}"
        )


def _is_code_of_two_letters(cell: str) -> bool:
    return len(cell) == 2 and cell.isalpha() and cell.isupper()
