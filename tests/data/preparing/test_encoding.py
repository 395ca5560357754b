import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pipeline.data.encoded import Levels
from pipeline.data.prepared import CategoricalFeature, NumericFeature, Table, Target
from pipeline.data.preparing.encoding import encode, fit_table, fit_target, value_of
from pipeline.data.preparing.inputs import Inputs
from tests.support.raw_sources import data_of
from tests.support.refusals import refusal

NAN = math.nan


priced = partial(data_of, target="price")


def inputs(
    features: list[str], categorical: dict[str, list[str]] | None = None, **numeric: list[float]
) -> Inputs:
    arrays = {name: np.array(values) for name, values in numeric.items()}
    levels = {name: Levels.of(cells) for name, cells in (categorical or {}).items()}
    return Inputs(features, arrays, levels, [])


def fitted(train: Inputs, *, missing_indicators: bool = True, **ratios: list[str]) -> Table:
    data = data_of(missing_indicators=missing_indicators, ratios=ratios)
    return fit_table(train, np.arange(train.rows), data, path=Path("data.csv"))


def test_numeric_feature_has_median_mean_and_deviation():
    (feature,) = fitted(inputs(["a"], a=[1.0, 2.0, NAN, 6.0])).numeric
    assert (feature.name, feature.of) == ("a", ["a"])
    assert (feature.missing, feature.mean, feature.scale) == (2.0, 2.75, math.sqrt(3.6875))


def test_quantiles_are_those_of_standardised_values():
    values = np.random.default_rng(0).lognormal(size=100)
    (feature,) = fitted(inputs(["a"], a=[NAN, *values])).numeric
    expected = (np.quantile(values, np.linspace(0, 1, 14)) - feature.mean) / feature.scale
    assert feature.quantiles == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("rows", "count"), [(1, 2), (8, 3), (504, 65), (5_000, 65)])
def test_few_rows_have_few_quantiles(rows, count):
    (feature,) = fitted(inputs(["a"], a=list(range(rows)))).numeric
    assert len(feature.quantiles) == count


def test_number_with_gaps_has_an_indicator_of_them():
    train = inputs(["a", "b", "c"], {"c": ["x", "y"]}, a=[1.0, NAN], b=[1.0, 2.0])
    table = fitted(train)
    assert table.features == ["a", "b", "a is missing", "c=x", "c=y"]
    others = inputs(["a", "b", "c"], {"c": ["x", "y"]}, a=[NAN, 3.0], b=[NAN, 1.5])
    assert encode(table, others)[:, 2].tolist() == [1, 0]


def test_indicators_can_be_left_out():
    table = fitted(inputs(["a"], a=[1.0, NAN]), missing_indicators=False)
    assert table.features == ["a"]


def test_constant_feature_has_scale_1():
    assert fitted(inputs(["a"], a=[5.0, 5.0])).numeric[0].scale == 1.0


def test_ratios_come_after_columns():
    table = fitted(inputs(["a"], a=[1.0, 3.0], b=[2.0, 2.0]), share=["a", "b"])
    assert table.features == ["a", "share"]
    assert table.numeric[1] == NumericFeature(
        "share", ["a", "b"], missing=1.0, mean=1.0, scale=0.5, quantiles=[-1.0, 1.0]
    )


def test_infinite_ratio_is_missing():
    train = inputs([], a=[1.0, 3.0, 1.0, 0.0], b=[1.0, 1.0, 0.0, 0.0])
    feature = fitted(train, share=["a", "b"]).numeric[0]
    assert feature.missing == 2.0
    assert value_of(feature, train).tolist() == [1.0, 3.0, 2.0, 2.0]


def test_ratio_without_a_value_is_refused():
    text = refusal(fitted, inputs([], a=[1.0], b=[0.0]), share=["a", "b"])
    assert text.endswith("share: no training row has a value. Remove share from data.ratios.")


def test_levels_are_sorted_and_missing_is_empty():
    table = fitted(inputs(["c"], {"c": ["red", "", "blue", "red"]}))
    assert table.categorical == [CategoricalFeature("c", ["", "blue", "red"])]


def test_unseen_level_gives_zeros():
    table = Table([], [CategoricalFeature("c", ["blue", "red"])])
    assert encode(table, inputs(["c"], {"c": ["red", "green", ""]})).tolist() == [
        [0, 1],
        [0, 0],
        [0, 0],
    ]


def test_features_are_float32():
    assert encode(fitted(inputs(["a"], a=[1.0, 2.0])), inputs(["a"], a=[1.5])).dtype == np.float32


def test_encoding_equals_scikit_learn():
    generator = np.random.default_rng(0)
    numbers = generator.lognormal(3, 2, (500, 3))
    numbers[generator.random((500, 3)) < 0.1] = NAN
    colours = generator.choice(["red", "green", "", "blue"], 500).tolist()
    everything = Inputs(
        ["a", "b", "c", "d"],
        dict(zip("abc", numbers.T, strict=True)),
        {"d": Levels.of(colours)},
        [],
    )
    train = np.arange(300)
    frame = np.column_stack([numbers.astype(object), colours])
    theirs = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
                [0, 1, 2],
            ),
            ("missing", MissingIndicator(), [0, 1, 2]),
            ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [3]),
        ]
    ).fit(frame[train])
    ours = encode(fitted(everything.take(train)), everything)
    assert np.array_equal(ours, theirs.transform(frame).astype(np.float32))


def test_target_is_standardised_in_its_unit():
    target = fit_target(
        "price", priced(target_unit=100.0, standardize_target=True), np.array([100.0, 300.0])
    )
    assert target == Target("price", unit=100.0, mean=2.0, scale=1.0)


def test_target_may_be_divided_by_its_unit_only():
    target = fit_target(
        "price", priced(target_unit=100.0, standardize_target=False), np.array([100.0, 300.0])
    )
    assert target.encoded(np.array([250.0])).tolist() == [2.5]


def test_standardised_target_can_be_inverted():
    target = fit_target(
        "price", priced(target_unit=10.0, standardize_target=True), np.array([100.0, 200.0, 600.0])
    )
    y = target.encoded(np.array([450.0]))
    assert target.decoded(y) * target.unit == pytest.approx(450.0, rel=1e-6)
