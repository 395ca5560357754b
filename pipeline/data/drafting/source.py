"""Drafts a source: finds the settings with which its file can be read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.data.drafting.settings import Draft
from pipeline.errors import DataError

_MOST_TRIES = 4
_SET = "in the source's settings"


def drafted_source(
    path: str,
    settings: Mapping[str, Any],
    read: Callable[[Draft], list[str]],
    targets: Sequence[str] = (),
) -> Draft:
    """Finds the settings of a file.

    Args:
        settings: the settings that the user has chosen.
        read: reads the file with the settings of a draft, and returns the names of its columns.
        targets: the columns to predict. If the first line holds their names, it is a header.

    Raises:
        DataError: the file is unreadable, and no known setting helps.
    """
    draft = Draft({"path": path, **settings})
    for _ in range(_MOST_TRIES):
        try:
            read(draft)
        except DataError as error:
            advised = {key: one for key, one in error.advised.items() if key not in draft.values}
            if not advised:
                raise
            is_in_doubt = "header" in advised and "columns" not in advised
            if is_in_doubt and targets and _names(targets, draft, read):
                draft.guess("header", True, f"The first line holds the name {targets[0]}.")
                continue
            for key, value in advised.items():
                draft.guess(key, value)
            advice = error.expected
            if advice.startswith("Set "):  # Other possible meanings follow it.
                advice = advice.partition(_SET)[2].lstrip(". ")
            reason = " ".join([f"A guess, because of {error.what}.", advice]).rstrip(". ")
            draft.reasons[next(iter(advised))] = [f"{reason}."]
        else:
            return draft
    read(draft)
    return draft


def _names(targets: Sequence[str], draft: Draft, read: Callable[[Draft], list[str]]) -> bool:
    """Whether the first line of a file names the targets."""
    try:
        return set(targets) <= set(read(Draft({**draft.values, "header": True})))
    except DataError:
        return False
