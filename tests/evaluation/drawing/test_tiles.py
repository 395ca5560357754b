"""Many small images as one."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from pipeline.evaluation.drawing.tiles import Tiles, columns_for

GREY = np.linspace(0, 1, 3 * 4 * 4).reshape(3, 4, 4)


def test_gaps_separate_tiles_in_rows():
    sheet = Tiles(np.array([[[1.0]], [[2.0]], [[3.0]]]), columns=2, inches=1).sheet()
    gap = np.nan
    assert np.array_equal(sheet, [[1, gap, 2], [gap, gap, gap], [3, gap, gap]], equal_nan=True)


def test_gaps_between_colour_tiles_are_white():
    sheet = Tiles(np.zeros((2, 1, 1, 3)), columns=2, inches=1).sheet()
    assert sheet.tolist() == [[[0, 0, 0], [1, 1, 1], [0, 0, 0]]]


def test_labels_have_room_between_rows():
    plain, labelled = (
        Tiles(GREY, columns=1, inches=0.32, labels=labels) for labels in ((), ("a", "b", "c"))
    )
    assert [len(tiles.sheet()) for tiles in (plain, labelled)] == [3 * 4 + 2 * 1, 3 * 4 + 3 * 2]
    assert labelled.size == pytest.approx((0.32, 18 * 0.08))


def test_label_stands_above_the_middle_of_its_tile():
    axes = Figure().subplots()
    Tiles(GREY, columns=3, inches=0.8, labels=["a", "b", "c"]).draw(axes)
    assert [text.xy for text in axes.texts] == [(1.5, 0.5), (6.5, 0.5), (11.5, 0.5)]
    assert {(text.get_ha(), text.get_va()) for text in axes.texts} == {("center", "bottom")}


@pytest.mark.parametrize(
    ("count", "ratio", "columns"),
    [(1, 1, 1), (1, 2, 1), (10, 2, 5), (16, 1, 4), (32, 1, 8), (36, 2, 9), (37, 1, 7), (64, 2, 16)],
)
def test_few_more_columns_may_fill_every_row(count, ratio, columns):
    assert columns_for(count, ratio=ratio) == columns
