"""Error maps, by what they show."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.data.prepared import NumericFeature, Table, Target
from pipeline.evaluation.figures.error_map import FIGURE, plot
from tests.support.metas import plain
from tests.support.subjects import features, only, suited

LONGITUDE, LATITUDE = np.array([-120.0, -121.0, -122.0]), np.array([59.0, 60.0, 61.0])


@pytest.fixture(scope="module")
def figure():
    errors = np.array([0.0, -2.0, 1.0])
    return plot(LONGITUDE, LATITUDE, errors, unit="price / 1000", title="toy: errors")


def on_table(one, table: Table):
    return replace(one, meta=replace(one.meta, table=table))


def test_errors_stand_at_their_place(figure):
    (collection,) = figure.axes[0].collections
    assert collection.get_offsets().tolist() == [[-120.0, 59.0], [-121.0, 60.0], [-122.0, 61.0]]
    assert collection.get_array().tolist() == [0.0, -2.0, 1.0]
    assert figure.get_suptitle() == "toy: errors"


def test_colours_are_symmetric_about_white_zero(figure):
    (collection,) = figure.axes[0].collections
    low, high = collection.get_clim()
    assert (low, high) == (-high, pytest.approx(1.96))  # the 98th percentile of 0, 1 and 2
    assert collection.get_cmap()(collection.norm(0.0)) == (1.0, 1.0, 1.0, 1.0)


def test_degrees_have_one_length_in_both_directions(figure):
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("longitude (degrees)", "latitude (degrees)")
    assert axes.get_aspect() == pytest.approx(2.0)  # at 60 degrees north
    assert bar.get_ylabel() == "predicted - true, price / 1000"


def test_errors_of_zero_can_be_mapped():
    figure = plot(LONGITUDE, LATITUDE, np.zeros(3), unit="", title="")
    assert figure.axes[0].collections[0].get_clim() == (-1.0, 1.0)


def test_places_come_from_the_table_in_degrees(regressing):
    places = features(longitude=(-120.0, 2.0), income=(0.0, 1.0), latitude=(35.0, 3.0))
    meta = replace(regressing.meta, table=places, targets=[Target("value", unit=100_000.0)])
    map_axes, bar = only(FIGURE, replace(regressing, meta=meta)).axes
    offsets = np.asarray(map_axes.collections[0].get_offsets())
    x = regressing.test.x.astype(float)
    assert offsets[:, 0] == pytest.approx(-120 + 2 * x[:, 0])
    assert offsets[:, 1] == pytest.approx(35 + 3 * x[:, 2])
    assert bar.get_ylabel() == "predicted - true, value / 100,000"


def test_places_outside_degrees_have_no_map(regressing):
    places = features(longitude=(-120.0, 2.0), income=(0.0, 1.0), latitude=(35e6, 3.0))
    assert FIGURE.draw(on_table(regressing, places)) == {}


def test_quotient_of_columns_is_not_a_place(regressing):
    quotient = NumericFeature("longitude", ["longitude", "rooms"], 0.0, 0.0, 1.0)
    latitude = NumericFeature("latitude", ["latitude"], 0.0, 0.0, 1.0)
    assert FIGURE.draw(on_table(regressing, plain([quotient, latitude], []))) == {}


def test_data_without_places_have_no_map(experiments):
    assert suited(FIGURE, experiments) == set()
