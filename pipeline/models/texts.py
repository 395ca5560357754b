"""Reads cells of text inside a model, as `prepare` reads them.

A saved model can hold only one of Keras's operations on strings: vectorization. So a cell becomes a
row of numbers, one for each character. Spaces at both ends are cut off. The rest is compared with
the texts of the levels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

# What `str.strip` removes. No other character is a space.
SPACES = [chr(code) for code in range(0x3001) if chr(code).isspace()]
_FIRST = 2  # Keras uses 0 for the end of a text and 1 for a character without a number
_LAST_SPACE = _FIRST + len(SPACES) - 1


def one_hot(levels: Sequence[str], level_of: Mapping[str, str], *, name: str) -> Any:
    """Builds a model that marks the level of each cell.

    Args:
        level_of: the level of each text that is not a level itself, such as a sign for a missing
            value.

    Returns:
        A `keras.Model` from strings `(rows, 1)` to float32 zeros and ones `(rows, levels)`. A cell
        with an unknown text has only zeros.
    """
    own = {level: level for level in levels}
    own |= {text: level for text, level in level_of.items() if level in levels}
    texts = list(own)
    owns = np.array([[float(own[text] == level) for level in levels] for text in texts], np.float32)
    vocabulary = [*SPACES, *sorted(set("".join(texts)) - set(SPACES))]
    numbers = {character: _FIRST + number for number, character in enumerate(vocabulary)}
    matrix = _as_numbers(texts, numbers)
    cells = keras.Input((1,), dtype="string", name="cells")
    characters = keras.layers.TextVectorization(
        standardize=None, split="character", vocabulary=vocabulary, name="characters"
    )(cells)
    contents = keras.ops.expand_dims(_strip(characters, matrix.shape[2]), 1)
    equal = keras.ops.all(keras.ops.equal(contents, matrix), axis=2)
    indicators = keras.ops.matmul(keras.ops.cast(equal, "float32"), owns)
    return keras.Model(cells, indicators, name=name)


def _as_numbers(texts: Sequence[str], numbers: Mapping[str, int]) -> NDArray[np.int64]:
    """The numbers of the characters of some texts, shape (1, texts, width).

    The width is one more than the longest text, so every longer cell differs from all of them.
    """
    matrix = np.zeros((1, len(texts), 1 + max(map(len, texts))), np.int64)
    for row, text in enumerate(texts):
        matrix[0, row, : len(text)] = [numbers[character] for character in text]
    return matrix


def _strip(characters: Any, width: int) -> Any:
    """Cuts off spaces at both ends, and all that follows the first `width` characters.

    Args:
        characters: int64 `(rows, length)`, with zeros after the end of each text.

    Returns:
        int64 `(rows, width)`.
    """
    ops = keras.ops
    padded = ops.pad(characters, ((0, 0), (0, width)))
    is_text = ops.logical_or(ops.equal(padded, 1), ops.greater(padded, _LAST_SPACE))
    ends = ops.cumsum(ops.ones_like(padded), axis=1)  # of each character: its position, from 1
    start = ops.expand_dims(ops.cast(ops.argmax(is_text, axis=1), "int64"), 1)
    end = ops.max(ops.where(is_text, ends, ops.zeros_like(ends)), axis=1, keepdims=True)
    positions = ops.add(start, np.arange(width, dtype=np.int64).reshape(1, -1))
    result = ops.take_along_axis(padded, positions, axis=1)
    return ops.where(ops.less(positions, end), result, ops.zeros_like(result))
