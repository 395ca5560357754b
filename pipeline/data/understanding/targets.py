"""Decides how a target is read, and what is in doubt about it."""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.config.data import Data, Task
from pipeline.config.yaml_text import flow
from pipeline.data.cells import is_number, quoted
from pipeline.data.understanding.answers import no_and_yes
from pipeline.data.understanding.decisions import category, label_list, mixture, number
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.label_lists import LabelLists, label_lists_of
from pipeline.data.understanding.numbers import example, have_leading_zeros
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.wording import listed

# A target with more different numbers than this is a quantity, not a class.
MOST_CLASSES = 100
_FEW_CLASSES = 20
_MANY = 0.5


def target_finding(profile: Profile, data: Data, file: File) -> Finding:
    """Decides how a target is read. For an empty target, `prepare` raises the error."""
    find = _FINDERS.get(data.task, _quantity)
    finding = find(profile, data, file) if profile.values else Finding(None, "it has no value")
    return replace(finding, doubts=[*_doubts_on_missing(profile, data), *finding.doubts])


def _labels(profile: Profile, data: Data, file: File) -> Finding:
    finding = category.decide(profile, data, file)
    is_settled = profile.column in (*data.categorical, *data.numeric)
    doubts = [] if is_settled else [*_doubts_on_labels(profile), *_doubts_on_lists(profile)]
    return Finding(finding.reading, "data.task: classification", finding.notes, [
        *finding.doubts,
        *doubts,
    ])  # fmt: skip


def _label(profile: Profile, data: Data, file: File) -> Finding:
    """A column of `multi_label`: its texts must mean yes and no, or be lists of labels."""
    if len(data.targets) == 1:
        return _label_list(profile, data, file)
    finding = category.decide(profile, data, file)
    settings = {} if finding.reading is None else finding.reading.settings
    spellings = settings.get("spellings", {})
    texts = list(dict.fromkeys(spellings.get(cell, cell) for cell in profile.values))
    doubts = list(finding.doubts)
    if no_and_yes(texts) is None:
        doubts += _doubts_on_answers(profile.key, texts)
    return replace(finding, why="data.task: multi_label", doubts=doubts)


def _label_list(profile: Profile, data: Data, file: File) -> Finding:
    why, setting = "data.task: multi_label", data.label_lists.get(profile.column)
    if setting is not None and setting.labels:
        lists = LabelLists(profile.values, setting.separator)
        finding = label_list.finding_of_lists(profile, data, lists, why)
        blank = profile.missing.get("", 0)
        if blank and not data.drop_missing_target:
            finding.notes.append(
                f"has empty cells in {blank:,} rows, and reads them as no label. To leave these "
                "rows out, set data.drop_missing_target: true"
            )
        return finding
    detected = label_lists_of(profile.values)
    if setting is not None:
        detected = LabelLists(profile.values, setting.separator)
    if detected is None:
        doubt = (
            f"its cells, such as {example(list(profile.values))}, are not lists of labels. If they "
            "are, name the text between two labels, such as data.label_lists: "
            f"{{{profile.key}: {{separator: ' '}}}}; if each text is a class, set data.task: "
            "classification"
        )
    else:
        answer = detected.setting(profile.column, detected.usual_labels)
        doubt = (
            f"its cells, such as {quoted(detected.example)}, are lists of labels, and each label "
            f"becomes an output. Set {answer}"
        )
    return Finding(category.decide(profile, data, file).reading, why, doubts=[doubt])


def _doubts_on_answers(column: str, texts: list[str]) -> Iterator[str]:
    if len(texts) == 2:
        no, yes = sorted(texts)
        yield (
            f"its values are {listed(texts)}, and not yes and no. If {quoted(yes)} means yes, set "
            f"data.spellings: {{{column}: {{{flow(no)}: no, {flow(yes)}: yes}}}}"
        )
    else:
        yield (
            f"it has {len(texts):,} different value{'s' * (len(texts) > 1)}, such as "
            f"{example(texts)}, and a label needs yes and no, or 1 and 0. Choose another target"
        )


def _quantity(profile: Profile, data: Data, file: File) -> Finding:
    why = "data.task: regression"
    numbers = number.decide(profile, data, file, may_identify=False)
    if numbers is not None:
        return replace(numbers, why=why)
    mixed = mixture.decide(profile, data, file)
    if mixed is not None:
        return Finding(None, why, doubts=mixed.doubts)
    advice = "Choose another target"
    if len(data.targets) > 1:
        if no_and_yes(profile.values):
            advice += ", or set data.task: multi_label"
    elif len(profile.values) <= _FEW_CLASSES:
        advice += ", or set data.task: classification"
    doubt = f"its values are not numbers, such as {example(profile.values)}. {advice}"
    return Finding(None, why, doubts=[doubt])


def _doubts_on_missing(profile: Profile, data: Data) -> Iterator[str]:
    missing = dict(profile.missing)
    if data.task is Task.multi_label and len(data.targets) == 1:
        missing.pop("", None)  # An empty list has no label.
    count = sum(missing.values())
    if not count or data.drop_missing_target:
        return
    column, signs = profile.key, list(missing)
    examples = listed(signs)
    advice = "To leave these rows out, set data.drop_missing_target: true"
    levels = [sign for sign in signs if sign]
    if data.task is Task.classification and levels:
        advice += f". If it is a class, set data.keep_as_level: {{{column}: [{listed(levels)}]}}"
    yield f"the target is missing in {count:,} of {profile.rows:,} rows ({examples}). {advice}"


def _doubts_on_labels(profile: Profile) -> Iterator[str]:
    column, values = profile.key, profile.values
    quantity = "If they are a quantity, set data.task: regression"
    classes = f"if they are classes, data.categorical: [{column}]"
    if all(map(is_number, values)):
        numbers = {float(cell) for cell in values}
        fractions = [cell for cell in values if not float(cell).is_integer()]
        if len(numbers) < len(values) and have_leading_zeros(values):
            same = [cell for cell in values if _has_twin(cell, list(values))]
            yield (
                f"the labels {listed(same)} are equal as numbers. If they are, set "
                f"data.numeric: [{column}]; if they are different, data.categorical: [{column}]"
            )
        if fractions or len(numbers) > MOST_CLASSES:
            prefix = f"{example(fractions)} among " if fractions else ""
            yield (
                f"the labels look like a quantity: {prefix}{len(numbers):,} different numbers. "
                f"{quantity}; {classes}"
            )
    elif profile.numerals is not None and len(values) > 2:
        yield f"the labels look like numbers, such as {example(values)}. {quantity}; {classes}"
    elif len(values) > _FEW_CLASSES and len(values) > _MANY * profile.count:
        yield (
            f"it has {len(values):,} different labels in {profile.count:,} rows, such as "
            f"{example(values)}. Choose another target; {classes}"
        )


def _doubts_on_lists(profile: Profile) -> Iterator[str]:
    lists = label_lists_of(profile.values)
    if lists is not None:
        setting = lists.setting(profile.column, lists.usual_labels)
        yield (
            f"its cells, such as {quoted(lists.example)}, look like lists of labels. If they are, "
            f"set data.task: multi_label and {setting}; if each text is a class, "
            f"data.categorical: [{profile.key}]"
        )


_FINDERS = {Task.classification: _labels, Task.multi_label: _label}


def _has_twin(cell: str, cells: list[str]) -> bool:
    return any(other != cell and float(other) == float(cell) for other in cells)
