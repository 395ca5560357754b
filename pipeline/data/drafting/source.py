"""Drafts a source: finds the settings with which its file can be read."""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.data.drafting.settings import Draft
from pipeline.errors import DataError

_MOST_TRIES = 4
_SET = "in the source's settings"


def drafted_source(
    path: str,
    given: Mapping[str, Any],
    read: Callable[[Draft], list[str]],
    target: str | None = None,
) -> Draft:
    """Finds the settings of a file.

    Args:
        given: the settings that the user has chosen.
        read: reads the file with the settings of a draft, and returns the names of its columns.
        target: the column to predict. If the first line holds its name, the line is a header.

    Raises:
        DataError: the file cannot be read, and no setting is known that helps.
    """
    draft = Draft({"path": path, **given})
    for _ in range(_MOST_TRIES):
        try:
            read(draft)
        except DataError as error:
            advised = {key: one for key, one in error.advised.items() if key not in draft.values}
            if not advised:
                raise
            is_in_doubt = "header" in advised and "columns" not in advised
            if is_in_doubt and target is not None and _names(target, draft, read):
                draft.guess("header", True, f"The first line holds the name {target}.")
                continue
            for key, value in advised.items():
                draft.guess(key, value)
            advice = error.expected
            if advice.startswith("Set "):  # After it comes what else may be meant.
                advice = advice.partition(_SET)[2].lstrip(". ")
            reason = " ".join([f"A guess, because of {error.what}.", advice]).rstrip(". ")
            draft.reasons[next(iter(advised))] = [f"{reason}."]
        else:
            return draft
    read(draft)
    return draft


def _names(target: str, draft: Draft, read: Callable[[Draft], list[str]]) -> bool:
    """Whether the first line of a file names the target."""
    try:
        return target in read(Draft({**draft.values, "header": True}))
    except DataError:
        return False
