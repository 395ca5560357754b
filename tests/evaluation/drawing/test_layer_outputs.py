"""Figures of what layers compute from images, by what they show."""

import numpy as np
import pytest

from pipeline.evaluation.drawing.layer_outputs import activation_maps, unit_activations
from tests.support.subjects import sheet

GREY = np.linspace(0, 1, 2 * 4 * 4).reshape(2, 4, 4)
# Of two images, four channels
MAPS = np.linspace(0, 5, 2 * 3 * 3 * 4).reshape(2, 3, 3, 4).astype(np.float32)
UNITS = np.array([[0.5, -1.0, 2.0], [0.0, 0.25, 1.0]], dtype=np.float32)


@pytest.fixture(scope="module")
def maps():
    return activation_maps(GREY, MAPS, ["first", "second"], title="toy: activations")


@pytest.fixture(scope="module")
def units():
    return unit_activations(GREY, UNITS, ["first", "second"], title="toy: units")


def test_image_stands_next_to_its_maps(maps):
    first, first_maps, second, _, bar = maps.axes
    assert [axes.get_title() for axes in (first, second)] == ["first", "second"]
    assert np.array_equal(sheet(first), GREY[0])
    assert not first.axison
    assert np.array_equal(sheet(first_maps)[:3, 4:7], MAPS[0, :, :, 1])
    assert bar.get_ylabel() == "activation"
    assert maps.get_suptitle() == "toy: activations"


def test_all_maps_share_a_scale_from_zero(maps):
    assert {maps.axes[place].images[0].get_clim() for place in (1, 3)} == {(0.0, 5.0)}


def test_negative_activations_begin_the_scale():
    figure = activation_maps(GREY[:1], MAPS[:1] - 1, ["x"], title="")
    assert figure.axes[1].images[0].get_clim()[0] == -1.0


def test_single_map_is_shown_whole():
    figure = activation_maps(GREY[:1], MAPS[:1, :, :, :1], ["x"], title="")
    assert sheet(figure.axes[1]).shape == (3, 3)


def test_bar_is_the_activation_of_a_unit(units):
    images, bars = units.axes[0::2], units.axes[1::2]
    assert [axes.get_title() for axes in images] == ["first", "second"]
    assert [[bar.get_height() for bar in axes.patches] for axes in bars] == UNITS.tolist()
    assert {(axes.get_xlabel(), axes.get_ylabel()) for axes in bars} == {("unit", "activation")}
    assert bars[0].get_ylim() == bars[1].get_ylim()
