"""Columns with a kind that the settings give."""

from pipeline.config.data import Data
from pipeline.data.columns.kinds import date
from pipeline.data.understanding.decisions import category, label_list
from pipeline.data.understanding.decisions.date import date_finding
from pipeline.data.understanding.decisions.text import free_text
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.label_lists import LabelLists
from pipeline.data.understanding.notation import number_settings
from pipeline.data.understanding.profile import Profile


def decide(profile: Profile, data: Data, file: File) -> Finding | None:
    """Reads a column as the settings say. None if they do not name it."""
    column = profile.column
    if column in data.categorical:
        return category.decide(profile, data, file)
    if column in data.label_lists and profile.values:
        lists = LabelLists(profile.values, data.label_lists[column].separator)
        return label_list.finding_of_lists(profile, data, lists, "data.label_lists names it")
    if column in data.text:
        return Finding(free_text(profile), "data.text names it")
    if column in data.ordinal:
        order = {"order": data.ordinal[column]}
        return Finding(profile.reading("ordinal", order), "data.ordinal gives its order")
    if column in data.dates:
        return date_finding(profile, data.dates[column] or date.ISO, "data.dates names it")
    if column in data.numeric:
        numerals = profile.numerals
        settings = number_settings(numerals, file) if numerals else {}
        return Finding(profile.reading("number", settings), "data.numeric names it")
    return None
