"""An ensemble of multilayer perceptrons for tables. It embeds numbers before the first layer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.model import Model, Size, dense_size, require_fraction, require_sizes
from pipeline.config.rules import require_at_most
from pipeline.data.prepared import Meta, NumericFeature, Table
from pipeline.errors import ConfigError, require
from pipeline.models.families.mlp import Mlp
from pipeline.models.seeds import derived_seed

_CLIP = 3.0  # standard deviations
_MOST_EMBEDDED = 200  # numbers of a row
_MOST_MEMBERS = 1_000
_LEAST_FREQUENCY = 0.1
_ROWS_OF_FULL_FREQUENCY = 10_000
_BATCHES = 16  # of an epoch
_SMALLEST_BATCH, _LARGEST_BATCH = 16, 256
_ROWS_FOR_XLA = 10_000
_ROWS_READ = 300_000
_LEAST_EPOCHS, _MOST_EPOCHS = 30, 200


class Embedding(Enum):
    """How a number becomes several features.

    `periodic` takes cosines of learned frequencies, then a linear map and ReLU (Gorishniy et al.
    2022, "On Embeddings for Numerical Features in Tabular Deep Learning"; cosines with phases as in
    RealMLP, Holzmüller et al. 2024). `piecewise` takes the share of each bin between quantiles that
    lies below the number, then a linear map and ReLU. `none` adds no features.
    """

    periodic = "periodic"
    piecewise = "piecewise"
    none = "none"


class Scaling(Enum):
    """How a number is scaled before `periodic` embeds it.

    `quantile` maps the training values to a normal distribution, by straight lines between
    quantiles. `standard` keeps the standardised number of the prepared data.
    """

    quantile = "quantile"
    standard = "standard"


@dataclass
class Tabular(Model):
    """Members that share dense layers of `units`. Each scales its inputs and has its own output.

    This is TabM-mini (Gorishniy et al. 2025, "TabM: Advancing Tabular Deep Learning with
    Parameter-Efficient Ensembling"). Each member is trained on its own loss, and the output is
    their mean. For null, the value depends on the number of training rows.

    Args:
        embedding: null embeds the numbers of tables with up to 200 of them in a row.
        embedding_size: the features that a number becomes.
        frequencies: the cosines of each number.
        frequency_scale: the standard deviation of the first frequencies, in periods for each
            standard deviation of a number. High frequencies learn sharp functions from many rows.
        one_hot_levels: a column with more levels than this is embedded.
        category_size: the features that such a column becomes.
        text_size: the features that the words of a column of free text become.
        members: the size of the ensemble.
        dropout: follows each dense layer if it is above 0.
    """

    family: str = "tabular"
    scaling: Scaling = Scaling.quantile
    embedding: Embedding | None = None
    embedding_size: int = 16
    frequencies: int = 32
    frequency_scale: float | None = None
    one_hot_levels: int = 16
    category_size: int = 8
    text_size: int = 32
    members: int = 8
    units: list[int] | None = None
    activation: str = "relu"
    dropout: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in (
            "embedding_size",
            "frequencies",
            "one_hot_levels",
            "category_size",
            "text_size",
            "members",
        ):
            require_sizes(f"model.{key}", [getattr(self, key)])
        require_sizes("model.units", self.units or [])
        require_fraction("model.dropout", self.dropout or 0.0)
        require(
            self.frequency_scale is None or self.frequency_scale > 0,
            "model.frequency_scale",
            received=self.frequency_scale,
            expected="a number above 0, or null",
        )
        require_at_most("model.members", self.members, _MOST_MEMBERS)

    def settled(self, *, rows: int, numbers: int | None) -> Model:
        """Replaces null by values that suit the data. For images, this is the network of `mlp`.

        Raises:
            ConfigError: a setting that `mlp` does not have was changed, and the data are images.
        """
        if numbers is None:
            return self._for_images()
        usual = replace(
            self,
            embedding=Embedding.periodic if numbers <= _MOST_EMBEDDED else Embedding.none,
            frequency_scale=_frequency_scale(rows),
            units=[128, 128],
            dropout=0.1,
        )
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        changes = {name: value for name, value in values.items() if value is not None}
        return replace(usual, **changes)

    def _for_images(self) -> Mlp:
        """The network of `mlp` with the settings that both families have."""
        shared = {entry.name for entry in fields(Mlp)} - {"family"}
        for entry in fields(self):
            value = getattr(self, entry.name)
            require(
                entry.name in {*shared, "family"} or value == entry.default,
                f"model.{entry.name}",
                received=value,
                expected="the default, because images get the network of mlp",
            )
        values = {name: getattr(self, name, None) for name in shared}
        return Mlp(**{name: value for name, value in values.items() if value is not None})

    def suits_xla(self, rows: int) -> bool:
        """XLA may halve the time of a step, but compiles for 10 seconds."""
        return rows >= _ROWS_FOR_XLA

    def usual_batch_size(self, rows: int) -> int:
        """A sixteenth of the rows, rounded up to a power of two from 16 to 256."""
        share = -(-rows // _BATCHES)
        return min(_LARGEST_BATCH, max(_SMALLEST_BATCH, 1 << (share - 1).bit_length()))

    def usual_epochs(self, rows: int) -> int:
        """As many epochs as read 300,000 rows, but at least 30 and at most 200."""
        return min(_MOST_EPOCHS, max(_LEAST_EPOCHS, _ROWS_READ // rows))

    def least_size(self, shape: Sequence[int], outputs: int) -> Size:
        """Counts the dense layers, and the outputs of all members. It leaves out embeddings."""
        one = dense_size(math.prod(shape), [*(self.units or []), outputs])
        return Size(one.parameters, self.members * one.outputs)


def _frequency_scale(rows: int) -> float:
    scale = math.sqrt(rows / _ROWS_OF_FULL_FREQUENCY)
    return round(min(1.0, max(_LEAST_FREQUENCY, scale)), 3)


def build(settings: Tabular, meta: Meta, seed: int) -> Any:
    """Builds embeddings, the layers that members share, the members and their mean."""
    import keras

    from pipeline.models.members import LAYER
    from pipeline.models.network import dense, stem

    if meta.table is None:
        raise ConfigError("model", "tabular needs a table", received=meta.name)
    (first,) = stem(meta, settings.pixel_range)
    shared = dense(
        settings.units or [],
        activation=settings.activation,
        dropout=settings.dropout or 0.0,
        seed=seed,
    )
    features = _embedded(settings, meta.table, first)
    hidden = _through(shared, _split(features, settings.members, seed))
    # Always in 32 bits, because losses need the digits of outputs.
    dtype = keras.config.floatx()
    shape = (settings.members, meta.outputs)
    members = _by_member("bki,kio->bko", hidden, shape, name=LAYER, dtype=dtype)
    output = keras.layers.GlobalAveragePooling1D(dtype=dtype, name="output")(members)
    return keras.Model(first, output, name="network")


def _through(layers: Sequence[Any], tensor: Any) -> Any:
    for layer in layers:
        tensor = layer(tensor)
    return tensor


def _split(features: Any, members: int, seed: int) -> Any:
    """A copy of the features for each member, with random signs that training scales."""
    import keras

    shape = (members, features.shape[1])
    layer = keras.layers.EinsumDense("bi,ki->bki", shape, name="split")
    copies = layer(features)
    random = np.random.default_rng(derived_seed(seed, "split", 1))
    layer.set_weights([random.choice([-1.0, 1.0], size=shape)])
    return copies


def _by_member(
    equation: str, inputs: Any, shape: tuple[int, int], *, name: str, **arguments: Any
) -> Any:
    """A dense layer with its own weights for each index of the first axis of `shape`.

    Keras would count this axis as inputs, and start with weights that are too small.
    """
    import keras

    return keras.layers.EinsumDense(
        equation,
        shape,
        bias_axes=equation[-2:],
        kernel_initializer=keras.initializers.RandomNormal(stddev=1 / math.sqrt(inputs.shape[2])),
        name=name,
        **arguments,
    )(inputs)


def _embedded(settings: Tabular, table: Table, features: Any) -> Any:
    """Numbers with their embeddings, indicators, and embeddings of many levels and of words."""
    import keras

    count = len(table.numeric)
    parts = []
    if count:
        numbers = features[:, :count]
        # Outliers approach a limit, so a few rows do not dominate the training.
        parts.append(numbers / keras.ops.sqrt(1 + keras.ops.square(numbers / _CLIP)))
        if settings.embedding is not Embedding.none:
            parts.append(_numbers(settings, table.numeric, numbers))
    start = count + len(table.with_indicator)
    if start > count:
        parts.append(features[:, count:start])
    for number, feature in enumerate(table.categorical, start=1):
        levels = len(feature.levels)
        indicators = features[:, start : start + levels]
        if levels > settings.one_hot_levels:
            indicators = keras.layers.Dense(
                settings.category_size, use_bias=False, name=f"category_{number}"
            )(indicators)
        parts.append(indicators)
        start += levels
    for number, text in enumerate(table.texts, start=1):
        layer = keras.layers.Dense(settings.text_size, use_bias=False, name=f"words_{number}")
        parts.append(layer(features[:, start : start + len(text.words)]))
        start += len(text.words)
    return keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def _numbers(settings: Tabular, features: list[NumericFeature], numbers: Any) -> Any:
    """The embeddings of all numbers of a row, one after the other."""
    import keras

    bins = _Bins.of(features)
    if settings.embedding is Embedding.piecewise:
        inner = bins.shares(numbers)
    else:
        scaled = bins.normal(numbers) if settings.scaling is Scaling.quantile else numbers
        deviation = 2 * math.pi * (settings.frequency_scale or 0.0)
        angles = keras.layers.EinsumDense(
            "bn,nf->bnf",
            (len(features), settings.frequencies),
            bias_axes="nf",
            kernel_initializer=keras.initializers.RandomNormal(stddev=deviation),
            bias_initializer=keras.initializers.RandomUniform(-math.pi, math.pi),
            name="frequencies",
        )(scaled)
        inner = keras.ops.cos(angles)
    shape = (len(features), settings.embedding_size)
    outer = _by_member("bnf,nfe->bne", inner, shape, name="embedding", activation="relu")
    return keras.layers.Flatten(name="numbers")(outer)


@dataclass(frozen=True)
class _Bins:
    """The bins between neighbouring quantiles of several features.

    Args:
        start: the lower end of each bin, `(1, features, bins)`.
        inverse: one over the width of each bin; 0 for bins that only fill the array.
        step: the width of each bin on the scale of a normal distribution.
        lowest: the lowest value on that scale, `(1, features)`.
    """

    start: NDArray[np.float32]
    inverse: NDArray[np.float32]
    step: NDArray[np.float32]
    lowest: NDArray[np.float32]

    @classmethod
    def of(cls, features: list[NumericFeature]) -> "_Bins":
        knots = [_knots(feature) for feature in features]
        most = max(2, *(len(values) for values, _ in knots))
        filled = [
            [np.pad(part, (0, most - len(part)), mode="edge") for part in pair] for pair in knots
        ]
        values, scores = np.array(filled, np.float32).transpose(1, 0, 2)[:, None]
        width = np.diff(values)
        inverse = np.divide(1, width, out=np.zeros_like(width), where=width > 0)
        return cls(values[..., :-1], inverse, np.diff(scores), scores[..., 0])

    def shares(self, numbers: Any) -> Any:
        """The share of each bin that lies below a number, `(rows, features, bins)`."""
        import keras

        above = keras.ops.expand_dims(numbers, 2) - self.start
        return keras.ops.clip(above * self.inverse, 0, 1)

    def normal(self, numbers: Any) -> Any:
        """The numbers on the scale of a normal distribution, `(rows, features)`."""
        import keras

        return keras.ops.sum(self.shares(numbers) * self.step, axis=2) + self.lowest


def _knots(feature: NumericFeature) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The different quantiles of a feature, and the normal quantiles at the same levels.

    A value that many rows have can be several quantiles. It gets the middle of their levels.
    """
    quantiles = np.array(feature.quantiles or [0.0])
    values, places = np.unique(quantiles, return_inverse=True)
    levels = (np.arange(len(quantiles)) + 0.5) / len(quantiles)
    middles = np.bincount(places, levels) / np.bincount(places)
    return values, np.array([NormalDist().inv_cdf(level) for level in middles])


SETTINGS = Tabular
