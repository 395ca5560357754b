"""The published figure in the setting `reported`."""

import pytest

from pipeline.reporting.published import published


@pytest.mark.parametrize(
    ("reported", "figure"),
    [
        ("about 0.98", 0.98),
        ('the exercise asks for 0.95 "or better"', 0.95),
        ("test 7.4 / 95.1 / 98.7 % at steps 0, 100, 1,000", 0.987),
        ('state of the art "about 99.9 %"', 0.999),
        ("more than 98%", 0.98),
        ("about 0.90 validation accuracy", None),
        ("0.91 with dropout, 0.93 without", None),
        ("curves only", None),
        ("in 3.0.98 of the library", None),
        ("100 % of 12 rows", 1.0),
        ("", None),
    ],
)
def test_figure_is_that_of_the_test_split(reported, figure):
    assert published(reported) == figure
