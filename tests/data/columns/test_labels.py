"""Lists of labels in one cell."""

import pytest

from pipeline.data.columns.kinds import labels


@pytest.mark.parametrize(
    ("cell", "separator", "expected"),
    [
        ("action|comedy", "|", ["action", "comedy"]),
        ("sci fi ; drama;", ";", ["sci fi", "drama"]),
        ("a, b, a", ",", ["a", "b"]),
        ("drama", "|", ["drama"]),
        ("['drama', \"children's\"]", ",", ["drama", "children's"]),
        ('["a, b", "c"]', "|", ["a, b", "c"]),
        ("[]", ",", []),
        ("python pandas", " ", ["python", "pandas"]),
    ],
)
def test_cell_is_split_into_labels(cell, separator, expected):
    assert labels.split(cell, separator) == expected


def test_each_label_is_one_or_zero():
    settings = {"separator": "|", "labels": ["a", "b"], "spellings": {"B": "b"}}
    assert labels.names("c", settings) == ["c=a", "c=b"]
    assert [labels.read(cell, settings) for cell in ("a", "B|x", "x")] == [[1, 0], [0, 1], [0, 0]]
