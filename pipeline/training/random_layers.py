"""Stand-ins for Keras's random layers inside a compiled program; the saved model keeps Keras's own.

Keras's `Dropout` in an XLA program on a CPU costs several times the whole step. The stand-in draws 32 random bits
for each value from a counter (Salmon et al. 2011), which is a variable: the n-th call of a layer always draws the
same mask, so training can begin again at any step.
"""

from typing import Any

import keras
import tensorflow as tf

_BITS = 32


class CounterDropout(keras.layers.Layer):  # type: ignore[misc]
    """Inverted dropout of `rate`; `noise_shape` as Keras's layer has it.

    XLA draws by Threefry, a TensorFlow graph by Philox: each is the one that is fast there.
    """

    def __init__(self, rate: float, *, seed: int, xla: bool, noise_shape: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.rate = rate
        self.noise_shape = noise_shape
        self._seed = seed
        self._algorithm = "threefry" if xla else "philox"
        self._counter = self.add_weight(
            name="counter", shape=(), dtype="int64", initializer="zeros", trainable=False, autocast=False
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drops each value with probability `rate` in training; passes everything on otherwise."""
        if not training or self.rate == 0:
            return inputs
        counter = self._counter.value
        self._counter.assign_add(1)
        bits = tf.random.stateless_uniform(
            self._mask_shape(inputs),
            seed=tf.stack([tf.constant(self._seed, tf.int64), tf.cast(counter, tf.int64)]),
            minval=None,
            maxval=None,
            dtype=tf.uint32,
            alg=self._algorithm,
        )
        kept = bits >= tf.constant(round(self.rate * 2**_BITS), tf.uint32)
        return tf.where(kept, inputs * (1 / (1 - self.rate)), tf.zeros((), inputs.dtype))

    def _mask_shape(self, inputs: Any) -> Any:
        shape = tf.shape(inputs)
        if self.noise_shape is None:
            return shape
        return [shape[axis] if size is None else size for axis, size in enumerate(self.noise_shape)]


def with_stand_ins(network: Any, *, seed: int, xla: bool) -> Any:
    """The network with a stand-in for each `Dropout`, every other layer being the same object.

    Args:
        seed: draws the masks together with a layer's number, where the layer has no seed of its own.
    """
    dropouts = [layer for layer in network._flatten_layers() if type(layer) is keras.layers.Dropout]
    if not dropouts:
        return network
    numbers = {layer.name: number for number, layer in enumerate(dropouts, start=1)}

    def stand_in(layer: Any) -> Any:
        if type(layer) is not keras.layers.Dropout:
            return layer
        own = seed + numbers[layer.name] if layer.seed is None else layer.seed
        return CounterDropout(layer.rate, seed=own, xla=xla, noise_shape=layer.noise_shape, name=layer.name)

    return keras.models.clone_model(network, clone_function=stand_in)
