"""Doubts about numbers: a few other texts are among them."""

from itertools import islice

from pipeline.config.data import Data
from pipeline.data.cells import quoted
from pipeline.data.understanding.decisions import category
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.identifiers import identifies_by_text
from pipeline.data.understanding.numbers import looks_like_a_number
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.wording import MOST_TEXTS


def decide(profile: Profile, data: Data, file: File) -> Finding | None:
    """Describes the doubt about a few texts among numbers. None if they are not few."""
    counts = profile.values.items()
    texts = {cell: count for cell, count in counts if not looks_like_a_number(cell)}
    rows = sum(texts.values())
    others = len(profile.values) - len(texts)
    few_texts = len(texts) <= MOST_TEXTS and others > 2 * len(texts)
    mostly = 2 * rows < profile.count and others > len(texts)
    if not texts or not others or not (few_texts or mostly):
        return None
    if not few_texts and identifies_by_text(profile):
        return None  # such as tickets of passengers: some are numbers, almost all differ
    examples = ", ".join(map(quoted, islice(texts, MOST_TEXTS)))
    more = f" and {len(texts) - MOST_TEXTS:,} other texts" if len(texts) > MOST_TEXTS else ""
    doubt = (
        f"it holds numbers, but {rows:,} of {profile.count:,} values are not: {examples}{more}."
        f" If they mean missing, set data.na_values: {{{profile.key}: [{examples}]}}; if the "
        f"column holds categories, data.categorical: [{profile.key}]"
    )
    return Finding(category.decide(profile, data, file).reading, "", doubts=[doubt])
