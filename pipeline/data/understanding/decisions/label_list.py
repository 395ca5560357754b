"""Lists of labels in one cell, such as `action|comedy`."""

from typing import Any

from pipeline.config.data import Data
from pipeline.data.cells import quoted
from pipeline.data.understanding.decisions import category
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.label_lists import LabelLists, label_lists_of
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.wording import listed


def decide(profile: Profile, data: Data, file: File) -> Finding | None:
    """Reads a column of label lists. None if its cells are something else."""
    lists = label_lists_of(profile.values)
    if lists is None:
        return None
    if not lists.are_certain:
        doubt = (
            f"its cells, such as {quoted(lists.example)}, may be lists of labels. If they are, set "
            f"{lists.setting(profile.column)}; if each text is a category, data.categorical: "
            f"[{profile.key}]"
        )
        return Finding(category.decide(profile, data, file).reading, "", doubts=[doubt])
    advice = f"; if each text is a category, set data.categorical: [{profile.key}]"
    return finding_of_lists(profile, data, lists, "its cells are lists of labels", advice)


def finding_of_lists(
    profile: Profile, data: Data, lists: LabelLists, why: str, advice: str = ""
) -> Finding:
    """Reads cells as lists of labels.

    Args:
        advice: follows the note on how they are read.
    """
    setting = data.label_lists.get(profile.column)
    spellings, own_notes, _ = category.spellings_of(profile, data, lists.counts)
    doubts: list[str] = []
    counts: dict[str, int] = {}
    for label, count in lists.counts.items():
        level = spellings.get(label, label)
        counts[level] = counts.get(level, 0) + count
    frequent = sorted(counts, key=lambda label: (-counts[label], label))
    labels = sorted(frequent[: data.most_levels])
    if setting is not None and setting.labels:
        labels = list(setting.labels)
    others = [label for label in frequent if label not in labels]
    unknown = [label for label in labels if label not in counts]
    first = lists.example
    read_as = ", ".join(map(quoted, lists.lists[first]))
    notes = [f"reads {quoted(first)} as the labels {read_as}{advice}", *own_notes]
    if others:
        notes.append(f"has other labels, and they are ignored: {listed(others)}")
    if unknown:
        doubts.append(
            f"no cell holds the label {listed(unknown)}. Remove it from data.label_lists, or "
            f"correct it. Its labels are: {', '.join(sorted(counts))}"
        )
    settings: dict[str, Any] = {"separator": lists.separator, "labels": labels}
    if spellings:
        settings["spellings"] = spellings
    return Finding(profile.reading("labels", settings), why, notes, doubts)
