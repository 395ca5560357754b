"""A column of text on disk."""

from typing import Any

import numpy as np

from pipeline.data.encoded import Encoded, Texts
from pipeline.data.spool import Spool, Stored


class StoredTexts:
    """The cells of a column in a spool.

    They are written as blocks of text. At the first use, the different texts are found and written
    once, with the number of each row's text.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._blocks: list[tuple[Stored, Stored]] = []  # the ends of the texts, and their bytes
        self._texts: tuple[Stored, Stored] | None = None
        self._numbers: Stored | None = None

    def add(self, block: Any) -> None:
        """Writes a block, an Arrow array of strings without an offset."""
        _, ends, content = block.buffers()
        ends = np.frombuffer(ends, np.int32, len(block) + 1, 4 * block.offset)
        used = np.frombuffer(content, np.uint8) if content is not None else np.empty(0, np.uint8)
        used = used[ends[0] : ends[-1]]
        self._blocks.append((self._spool.add(ends - ends[0]), self._spool.add(used)))

    def encoded(self) -> Encoded:
        """Reads the column."""
        import pyarrow

        if self._texts is None or self._numbers is None:
            self._texts, self._numbers = self._write_encoded()
            self._blocks = []
            pyarrow.system_memory_pool().release_unused()  # The C library keeps freed memory.
        texts = _array(pyarrow.large_string(), *self._texts)
        return Encoded(Texts(texts), np.asarray(self._numbers))

    def _write_encoded(self) -> tuple[tuple[Stored, Stored], Stored]:
        """Writes the different texts, and the number of the text of each row."""
        column = self._encode()
        _, ends, content = column.dictionary.buffers()
        ends = np.frombuffer(ends, np.int64, len(column.dictionary) + 1)
        content = np.frombuffer(content, np.uint8, int(ends[-1]))
        texts = self._spool.add(ends), self._spool.add(content)
        return texts, self._spool.add(np.from_dlpack(column.indices))

    def _encode(self) -> Any:
        import pyarrow
        from pyarrow import compute

        pool = pyarrow.system_memory_pool()  # It gives memory back at once.
        blocks = [_array(pyarrow.string(), *block) for block in self._blocks]
        whole = pyarrow.chunked_array(blocks, pyarrow.string())
        column = compute.dictionary_encode(whole, memory_pool=pool).combine_chunks()
        del blocks, whole
        large = pyarrow.dictionary(pyarrow.int32(), pyarrow.large_string())
        return compute.cast(column, large, memory_pool=pool)


def _array(kind: Any, ends: Stored, content: Stored) -> Any:
    """An Arrow array of texts."""
    import pyarrow

    buffers = [None, *(pyarrow.py_buffer(np.asarray(part)) for part in (ends, content))]
    return pyarrow.Array.from_buffers(kind, len(ends) - 1, buffers)
