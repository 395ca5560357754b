"""Drafts become YAML with a reason above each guess."""

import yaml

from pipeline.data.drafting.settings import Draft


def test_each_guess_has_its_reason_above():
    draft = Draft({"path": "own.csv"})
    draft.guess("header", False, "Line 1 holds only numbers.")
    draft.remarks = ["A remark."]
    assert draft.text(["Written by: add"]) == (
        "# Written by: add\n\npath: own.csv\n\n# Line 1 holds only numbers.\nheader: false\n\n"
        "# A remark.\n"
    )


def test_list_grows_with_its_reasons():
    draft = Draft()
    draft.guess("drop", ["a"], "First.")
    draft.guess("drop", ["b"], "Second.")
    assert draft.text([]) == "\n# First.\n# Second.\ndrop: [a, b]\n"


def test_long_lines_are_folded():
    draft = Draft({"drop": [f"column number {number}" for number in range(9)]})
    draft.remarks = ["  word" * 40]
    text = draft.text([])
    assert max(map(len, text.splitlines())) <= 100
    assert yaml.safe_load(text) == draft.values
