"""Stand-ins for Keras's random layers inside an XLA program.

The saved model keeps Keras's layers. In an XLA program on a CPU, Keras's random layers cost several
times as much as the rest of a step. A stand-in draws 32 random bits for each value from a counter
(Threefry: Salmon et al. 2011). The counter is a variable, and the n-th call of a layer always draws
the same bits. Training can therefore resume at any step.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from pipeline.models.seeds import derived_seed

_BITS = 32


class _Counting(keras.layers.Layer):  # type: ignore[misc]
    """A layer with draws that depend on `seed` and on the number of the call.

    Its numbers are variables, so that layers with other numbers share a compiled program.
    """

    def __init__(self, *, seed: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.supports_masking = True
        self._seed = self.number("seed", seed, "int64")
        self._counter = self.number("counter", 0, "int64")

    def number(self, name: str, value: float, dtype: str) -> Any:
        """A variable that no gradient changes."""
        return self.add_weight(
            name=name,
            shape=(),
            dtype=dtype,
            initializer=lambda shape, dtype: tf.constant(value, dtype, shape),
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Changes values in training only."""
        return self.perturb(inputs) if training else inputs

    def perturb(self, inputs: Any) -> Any:
        raise NotImplementedError

    def next_seed(self) -> Any:
        """The seed of this call."""
        counter = self._counter.value
        self._counter.assign_add(1)
        return tf.stack([self._seed.value, counter])


class CounterDropout(_Counting):
    """Inverted dropout of `rate`.

    Args:
        noise_shape: an axis of size 1 shares its draws; an axis of size None does not.
    """

    def __init__(self, rate: float, *, seed: int, noise_shape: Any = None, **settings: Any) -> None:
        super().__init__(seed=seed, **settings)
        self.rate = rate
        self.noise_shape = noise_shape
        if rate not in (0, 1):
            self._dropped_below = self.number("dropped_below", round(rate * 2**_BITS), "int64")
            self._scale = self.number("scale", 1 / (1 - rate), "float32")

    def perturb(self, inputs: Any) -> Any:
        """Drops each value with probability `rate`."""
        if self.rate in (0, 1):
            return inputs * (1 - self.rate)
        bits = tf.random.stateless_uniform(
            self._mask_shape(inputs),
            seed=self.next_seed(),
            minval=None,
            maxval=None,
            dtype=tf.uint32,
            alg="threefry",
        )
        mask = bits >= tf.cast(self._dropped_below.value, tf.uint32)
        scaled = inputs * tf.cast(self._scale.value, inputs.dtype)
        return tf.where(mask, scaled, tf.zeros((), inputs.dtype))

    def _mask_shape(self, inputs: Any) -> Any:
        shape = tf.shape(inputs)
        if self.noise_shape is None:
            return shape
        return [shape[axis] if size is None else size for axis, size in enumerate(self.noise_shape)]


class CounterNoise(_Counting):
    """Normal noise of `stddev`.

    It is added to values, or with `multiplies` to a factor of 1.
    """

    def __init__(
        self, stddev: float, *, seed: int, multiplies: bool = False, **settings: Any
    ) -> None:
        super().__init__(seed=seed, **settings)
        self._stddev = self.number("stddev", stddev, "float32")
        self.multiplies = multiplies

    def perturb(self, inputs: Any) -> Any:
        """Draws a number for each value."""
        noise = tf.cast(self._stddev.value, inputs.dtype) * tf.random.stateless_normal(
            tf.shape(inputs), seed=self.next_seed(), dtype=inputs.dtype, alg="threefry"
        )
        return inputs * (1 + noise) if self.multiplies else inputs + noise


def _spatial(layer: Any, seed: int) -> Any:
    """Dropout of whole feature maps: one draw for each row and channel."""
    axes = layer.input_spec.ndim
    channels = 1 if getattr(layer, "data_format", "channels_last") == "channels_first" else axes - 1
    noise_shape = [None if axis in (0, channels) else 1 for axis in range(axes)]
    return CounterDropout(
        layer.rate, seed=seed, noise_shape=noise_shape, **_shared_arguments(layer)
    )


def _shared_arguments(layer: Any) -> dict[str, Any]:
    return {"name": layer.name, "dtype": layer.dtype_policy}


_STAND_INS: dict[type, Callable[[Any, int], Any]] = {
    keras.layers.Dropout: lambda layer, seed: CounterDropout(
        layer.rate, seed=seed, noise_shape=layer.noise_shape, **_shared_arguments(layer)
    ),
    keras.layers.SpatialDropout1D: _spatial,
    keras.layers.SpatialDropout2D: _spatial,
    keras.layers.SpatialDropout3D: _spatial,
    keras.layers.GaussianNoise: lambda layer, seed: CounterNoise(
        layer.stddev, seed=seed, **_shared_arguments(layer)
    ),
    keras.layers.GaussianDropout: lambda layer, seed: CounterNoise(
        math.sqrt(layer.rate / (1 - layer.rate)),
        seed=seed,
        multiplies=True,
        **_shared_arguments(layer),
    ),
}


_VALUES = ("rate", "stddev")


def value_settings(*, xla: bool) -> dict[str, tuple[str, ...]]:
    """The settings of Keras's random layers that a program reads from variables, by class.

    Args:
        xla: whether stand-ins replace the layers.
    """
    return {kind.__name__: ("seed", *(_VALUES if xla else ())) for kind in _STAND_INS}


def take_settings(network: Any, other: Any) -> None:
    """Gives the random layers of a network the settings of another network of the same layers."""
    layers = zip(network._flatten_layers(), other._flatten_layers(), strict=True)
    for layer, source in layers:
        if type(layer) in _STAND_INS:
            for name in ("seed", *_VALUES):
                if hasattr(source, name):
                    setattr(layer, name, getattr(source, name))


def with_stand_ins(network: Any, *, seed: int) -> Any:
    """A network with a stand-in for each random layer that has one.

    It shares all other layers.

    Args:
        seed: the seed of the run. A layer without a seed gets one that is derived from it.
    """
    random = [layer for layer in network._flatten_layers() if type(layer) in _STAND_INS]
    if not random:
        return network
    numbers = {id(layer): number for number, layer in enumerate(random, start=1)}

    def stand_in(layer: Any) -> Any:
        if id(layer) not in numbers:
            return layer
        own = layer.seed
        if own is None:
            own = derived_seed(seed, "random layer", numbers[id(layer)])
        return _STAND_INS[type(layer)](layer, own)

    return keras.models.clone_model(network, clone_function=stand_in, recursive=True)
