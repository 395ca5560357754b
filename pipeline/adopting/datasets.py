"""Datasets of TensorFlow with the rows in their order before `shuffle`.

The experiment shuffles the rows for each epoch itself. In their original order, the rows of a
source can be recognised, and the adopted file is the same each time.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

_SAME_ROWS = ("cache", "prefetch", "shuffle", "with_options")
_SAME_ORDER = ("batch", "map")  # not `take`, because it would choose other rows


@contextmanager
def remembering_order() -> Iterator[None]:
    """Remembers the unshuffled version of each dataset that the block shuffles."""
    import tensorflow as tf

    kind = tf.data.Dataset
    with ExitStack() as stack:
        for name in (*_SAME_ROWS, *_SAME_ORDER):
            method = _remembering(getattr(kind, name), name)
            stack.enter_context(patch.object(kind, name, method))
        yield


def in_order(data: Any) -> Any:
    """The dataset with its rows in their original order."""
    return getattr(data, "_in_order", data)


def _remembering(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(data: Any, *args: Any, **keywords: Any) -> Any:
        result, first = method(data, *args, **keywords), in_order(data)
        if name == "shuffle" or first is not data:
            result._in_order = first if name in _SAME_ROWS else method(first, *args, **keywords)
        return result

    return call
