"""How columns become features: fitted by scikit-learn on training rows alone, kept as plain numbers, applied anywhere."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import CategoricalFeature, NumericFeature, Table, Target
from pipeline.data.preparing.columns import Inputs
from pipeline.errors import DataError

Numbers = NDArray[np.float64]


def fit_table(train: Inputs, ratios: dict[str, list[str]], *, shown_as: str) -> Table:
    """Medians, means and scales of numeric features and levels of categorical ones, over training rows.

    Args:
        ratios: features that are quotients of two columns, by name.
        shown_as: the file that errors name.

    Raises:
        DataError: a feature has no value at all in these rows.
    """
    numeric = [
        _fit_numeric(name, of, train, shown_as) for name, of in _numeric_features(train, ratios)
    ]
    categorical = [
        _fit_categorical(name, train.categorical[name])
        for name in train.features
        if name in train.categorical
    ]
    return Table(numeric, categorical)


def fit_target(name: str, train: Numbers, *, unit: float, standardize: bool) -> Target:
    """The scaling of a regression's target, from its training rows in the unit of the CSV."""
    if not standardize:
        return Target(name, unit=unit)
    mean, scale = _mean_and_scale(train / unit)
    return Target(name, unit=unit, mean=mean, scale=scale)


def encode(table: Table, inputs: Inputs) -> NDArray[np.float32]:
    """The features of rows, shape (rows, features), computed in float64."""
    numeric = [
        (value_of(feature, inputs) - feature.mean) / feature.scale for feature in table.numeric
    ]
    indicators = [
        np.array(inputs.categorical[feature.name], dtype=object) == level
        for feature in table.categorical
        for level in feature.levels
    ]
    return np.column_stack([*numeric, *indicators]).astype(np.float32)


def encode_target(target: Target, values: Numbers) -> NDArray[np.float32]:
    """What a regression learns: `(value / unit - mean) / scale`."""
    return ((values / target.unit - target.mean) / target.scale).astype(np.float32)


def value_of(feature: NumericFeature, inputs: Inputs) -> Numbers:
    """A numeric feature before scaling, its missing values filled."""
    values = _quotient(feature.of, inputs)
    return np.where(np.isfinite(values), values, feature.missing)


def _numeric_features(
    inputs: Inputs, ratios: dict[str, list[str]]
) -> Iterator[tuple[str, list[str]]]:
    yield from ((name, [name]) for name in inputs.features if name in inputs.numeric)
    yield from ratios.items()


def _quotient(of: list[str], inputs: Inputs) -> Numbers:
    values = inputs.numeric[of[0]]
    if len(of) == 1:
        return values
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return values / inputs.numeric[of[1]]


def _fit_numeric(name: str, of: list[str], train: Inputs, shown_as: str) -> NumericFeature:
    from sklearn.impute import SimpleImputer

    values = _quotient(of, train)
    known = np.where(np.isfinite(values), values, np.nan).reshape(-1, 1)
    if np.isnan(known).all():
        raise DataError(
            f"{shown_as}, column {name}: there is no value in any training row",
            expected=f"List {name} under data.drop",
        )
    imputer = SimpleImputer(strategy="median")
    mean, scale = _mean_and_scale(imputer.fit_transform(known)[:, 0])
    return NumericFeature(name, of, missing=float(imputer.statistics_[0]), mean=mean, scale=scale)


def _mean_and_scale(values: Numbers) -> tuple[float, float]:
    """Mean and population deviation; a constant has scale 1."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(values.reshape(-1, 1))
    return float(scaler.mean_[0]), float(scaler.scale_[0])


def _fit_categorical(name: str, values: list[str]) -> CategoricalFeature:
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(handle_unknown="ignore").fit(
        np.array(values, dtype=object).reshape(-1, 1)
    )
    return CategoricalFeature(name, levels=[str(level) for level in encoder.categories_[0]])
