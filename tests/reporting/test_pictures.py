"""Figures as parts of the page."""

import pytest

from pipeline.reporting.pictures import Picture, embedded, picture
from tests.support.results import png


def figure(file: str, characters: int = 10) -> Picture:
    return Picture("", "", "x" * characters, 4, 3, file)


@pytest.mark.parametrize(("width", "is_wide"), [(15, False), (16, True)])
def test_figure_is_wide_from_three_to_two(width, is_wide):
    assert picture(png(width, 10), title="", alt="").is_wide == is_wide


@pytest.mark.parametrize("content", [b"", b"GIF89a" + bytes(99), png(2, 2)[:23]])
def test_other_bytes_are_no_figure(content):
    with pytest.raises(ValueError, match="not a PNG"):
        picture(content, title="", alt="")


def test_header_is_enough_for_a_size():
    short = picture(png(2, 3)[:24], title="", alt="")
    assert (short.width, short.height) == (2, 3)


@pytest.mark.parametrize(
    ("most", "files"), [(30, {"a1", "b1", "a2"}), (29, {"a1", "b1"}), (9, set()), (40, None)]
)
def test_page_holds_the_first_figures_of_all_experiments(most, files):
    of_experiments = [[figure("a1"), figure("a2"), figure("a3")], [figure("b1")]]
    every = {"a1", "b1", "a2", "a3"}
    assert embedded(of_experiments, most) == (every if files is None else files)


def test_figure_that_does_not_fit_ends_the_page():
    assert embedded([[figure("a", 99), figure("b", 1)]], 50) == frozenset()
