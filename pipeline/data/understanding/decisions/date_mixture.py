"""Doubts about dates or times: other texts are among them, or they have several formats."""

from collections.abc import Callable
from functools import partial

from pipeline.config.data import Data
from pipeline.data.columns.kinds import time
from pipeline.data.understanding import dates
from pipeline.data.understanding.decisions import category
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.wording import MOST_TEXTS, listed


def decide(profile: Profile, data: Data, file: File) -> Finding | None:
    """Describes what is in doubt. None if most values are neither dates nor times."""
    tests: list[Callable[[str], bool]] = [
        partial(dates.is_date, form=form) for form in dates.formats_of_some(profile.values)
    ]
    tests.append(_is_time)
    read_cells = [[cell for cell in profile.values if test(cell)] for test in tests]
    most = max(read_cells, key=len)
    are_read = set(most)
    others = [cell for cell in profile.values if cell not in are_read]
    if not most or not others:
        return None
    if set().union(*read_cells) >= set(others):
        doubt = (
            f"its dates have several formats, such as {listed([most[0], others[0]])}. Write them "
            f"in one format in the file, or list it under data.categorical or data.drop"
        )
    elif len(others) <= MOST_TEXTS and len(most) > 2 * len(others):
        texts = listed(others)
        rows = sum(profile.values[cell] for cell in others)
        doubt = (
            f"it holds dates or times, but {rows:,} of {profile.count:,} values are not: {texts}. "
            f"If they mean missing, set data.na_values: {{{profile.key}: [{texts}]}}; if the "
            f"column holds categories, data.categorical: [{profile.key}]"
        )
    else:
        return None
    return Finding(category.decide(profile, data, file).reading, "", doubts=[doubt])


def _is_time(cell: str) -> bool:
    return time.read(cell, {}) is not None
