import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pipeline.data.prepared import CategoricalFeature, NumericFeature, Table, Target
from pipeline.data.preparing.encoding import encode, encode_target, fit_table, fit_target, value_of
from pipeline.data.preparing.inputs import Inputs

NAN = math.nan


def inputs(
    features: list[str], categorical: dict[str, list[str]] | None = None, **numeric: list[float]
) -> Inputs:
    return Inputs(
        features, {name: np.array(values) for name, values in numeric.items()}, categorical or {}
    )


def fitted(train: Inputs, **ratios: list[str]) -> Table:
    return fit_table(train, ratios, path=Path("data.csv"))


def test_numeric_feature_has_median_mean_and_deviation():
    table = fitted(inputs(["a"], a=[1.0, 2.0, NAN, 6.0]))
    assert table.numeric == [
        NumericFeature("a", ["a"], missing=2.0, mean=2.75, scale=math.sqrt(3.6875))
    ]


def test_constant_feature_has_scale_1():
    assert fitted(inputs(["a"], a=[5.0, 5.0])).numeric[0].scale == 1.0


def test_ratios_come_after_columns():
    table = fitted(inputs(["a"], a=[1.0, 3.0], b=[2.0, 2.0]), share=["a", "b"])
    assert table.features == ["a", "share"]
    assert table.numeric[1] == NumericFeature("share", ["a", "b"], missing=1.0, mean=1.0, scale=0.5)


def test_infinite_ratio_is_missing():
    train = inputs([], a=[1.0, 3.0, 1.0, 0.0], b=[1.0, 1.0, 0.0, 0.0])
    feature = fitted(train, share=["a", "b"]).numeric[0]
    assert feature.missing == 2.0
    assert value_of(feature, train).tolist() == [1.0, 3.0, 2.0, 2.0]


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
        ["a", "b", "c", "d"], dict(zip("abc", numbers.T, strict=True)), {"d": colours}
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
            ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [3]),
        ]
    ).fit(frame[train])
    ours = encode(fit_table(everything.take(train), {}, path=Path("data.csv")), everything)
    assert np.array_equal(ours, theirs.transform(frame).astype(np.float32))


def test_target_is_standardised_in_its_unit():
    target = fit_target("price", np.array([100.0, 300.0]), unit=100.0, standardize=True)
    assert target == Target("price", unit=100.0, mean=2.0, scale=1.0)


def test_target_may_be_divided_by_its_unit_only():
    target = fit_target("price", np.array([100.0, 300.0]), unit=100.0, standardize=False)
    assert encode_target(target, np.array([250.0])).tolist() == [2.5]


def test_standardised_target_can_be_inverted():
    target = fit_target("price", np.array([100.0, 200.0, 600.0]), unit=10.0, standardize=True)
    y = encode_target(target, np.array([450.0]))
    assert (y * target.scale + target.mean) * target.unit == pytest.approx(450.0, rel=1e-6)
