"""Drafts a data variant: leaves out what is in doubt, and names what a user should decide."""

from collections.abc import Iterator, Sequence

from pipeline.config.data import Data, Task
from pipeline.data.card import DataCard
from pipeline.data.columns.kinds.date import ISO
from pipeline.data.drafting.settings import Draft
from pipeline.data.drafting.targets import ROWS_OF_A_CLASS, task_of, task_of_several
from pipeline.data.preparing.rows import SourceRows
from pipeline.data.understanding.label_lists import FEWEST_ROWS, LabelLists, label_lists_of
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.wording import listed

_MOST_COLUMNS = 60  # that a file describes
_MOST_IN_DOUBT = 0.5  # from this share of columns on, none is left out
_MOST_RARE = 0.05  # the share of rows of rare classes
# Signs of a missing value that may be a class of their own.
_MAY_BE_CLASS = frozenset({"None", "NA", "N/A", "n/a", "-", "."})


def draft_task(draft: Draft, profiles: Sequence[Profile]) -> None:
    """Guesses the task, unless it is set.

    Args:
        profiles: the profiles of the targets.
    """
    if "task" not in draft.values:
        guess = task_of(profiles[0]) if len(profiles) == 1 else task_of_several(profiles)
        draft.values = {"task": guess.task.value, **draft.values}
        draft.reasons["task"] = [f"A guess: {guess.why}."]
    if draft.values["task"] == Task.multi_label.value and len(profiles) == 1:
        _draft_labels(draft, profiles[0])


def _draft_labels(draft: Draft, profile: Profile) -> None:
    """Lists the labels of a target with enough rows to be learnt."""
    column, settings = profile.column, draft.values.get("label_lists", {})
    own = settings.get(column, {})
    lists = label_lists_of(profile.values)
    if "separator" in own:
        lists = LabelLists(profile.values, own["separator"])
    if lists is None or own.get("labels"):
        return  # `prepare` says what is missing.
    labels = lists.usual_labels
    rare = [label for label in lists.counts if label not in labels]
    reason = f"Each label in {FEWEST_ROWS} rows or more becomes an output."
    if rare:
        reason += f" The others are ignored: {listed(rare)}."
    draft.values["label_lists"] = {
        **settings,
        column: {"separator": lists.separator, "labels": labels},
    }
    draft.reasons["label_lists"] = [reason if rare else "Each label becomes an output."]


def settle(draft: Draft, data: Data, source: SourceRows) -> bool:
    """Resolves the doubts that cannot make a wrong model. Returns whether it did.

    A column in doubt is left out. Rows without a target are left out, unless they may be of a class
    of their own. All other doubts stay.
    """
    understanding = source.understanding
    doubts = {
        name: finding.doubts
        for name, finding in understanding.findings.items()
        if finding.doubts and name not in data.targets
    }
    if doubts and len(doubts) >= _MOST_IN_DOUBT * len(understanding.features):
        return False  # A model of the other columns would not be what the user wants.
    for name, own in doubts.items():
        draft.guess("drop", [name], f"{name} is in doubt, so it is left out: {'. '.join(own)}.")
    missing = {name: dict(understanding.profiles[name].missing) for name in data.targets}
    if data.targets[0] in data.label_lists:
        missing[data.targets[0]].pop("", None)  # An empty list has no label.
    signs = {sign for of_target in missing.values() for sign in of_target}
    columns = [
        [cell.strip() in signs_of for cell in source.text.columns[name]]
        for name, signs_of in missing.items()
    ]
    rows = sum(map(any, zip(*columns, strict=True)))
    may_be_class = data.task is Task.classification and bool(_MAY_BE_CLASS & signs)
    is_open = bool(signs) and not data.drop_missing_target and not may_be_class
    if is_open:
        draft.guess(
            "drop_missing_target",
            True,
            f"{' or '.join(data.targets)} is missing in {rows:,} of {len(source.text):,} rows. "
            "They can neither train nor test, so they are left out.",
        )
    return bool(doubts) or is_open


def draft_split(draft: Draft, profile: Profile) -> None:
    """Sets a random split if a few rows are of classes that are too rare to stratify."""
    counts = profile.values.values()
    rare = [count for count in counts if count < ROWS_OF_A_CLASS]
    is_sane = rare and min(rare) > 1 and sum(rare) <= _MOST_RARE * profile.count
    if is_sane and draft.values["task"] == Task.classification.value:
        draft.guess(
            "split",
            {"method": "random"},
            f"{len(rare)} of {len(counts):,} classes have fewer than {ROWS_OF_A_CLASS} rows, so a "
            "split may lack them. To leave such rows out, delete them from the file.",
        )


def describe(draft: Draft, data: Data, source: SourceRows, card: DataCard) -> None:
    """Adds what each column is read as, and what a user may want to set, as remarks."""
    draft.remarks = [*suggestions(data, source)]
    draft.remarks += [f"{line}." for line in list(card.lines_of_columns())[:_MOST_COLUMNS]]
    described = [
        f"  {column.name}: {column.becomes if not column.holds else column.holds}"
        for column in card.columns
        if column.name not in data.targets
    ]
    more = len(described) - _MOST_COLUMNS
    draft.remarks += [
        "How the other columns are read. To change it, set numeric, categorical, ordinal, dates or "
        "drop (docs/columns.md):",
        *described[:_MOST_COLUMNS],
        *([f"  and {more:,} more"] if more > 0 else []),
    ]


def suggestions(data: Data, source: SourceRows) -> Iterator[str]:
    """Sentences about settings that may suit the data and are not chosen."""
    if data.split.columns or data.split.method is not None:
        return
    for name, finding in source.understanding.findings.items():
        reading = finding.reading
        # A split by time needs dates of ISO 8601.
        if reading is not None and reading.kind == "date" and reading.settings["format"] == ISO:
            yield (
                f"{name} holds dates. If the model will see later days, set split: "
                f"{{time: {name}}}. It then is tested on the newest rows."
            )
