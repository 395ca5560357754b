"""A checkpoint: the whole state of a training in one file with a checksum.

Layout: magic, sha256 of everything that follows, length of the header, header as JSON, arrays.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PipelineError
from pipeline.files import replacing

_MAGIC = b"keras-experiment-checkpoint-1\n"
_DIGEST = hashlib.sha256().digest_size
_LENGTH = 8


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training: values for JSON, and lists of arrays by name."""

    facts: dict[str, Any]
    arrays: dict[str, list[NDArray[Any]]]


class DamagedCheckpointError(PipelineError):
    """A checkpoint file that has changed since it was written."""


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Writes the whole file or nothing, and flushes it and its folder to disk."""
    chunks = list(_chunks(checkpoint))
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.writelines([_MAGIC, digest.digest(), *chunks])


def read(path: Path) -> Checkpoint:
    """Reads what `write` wrote.

    Raises:
        DamagedCheckpointError: the checksum does not match.
        PipelineError: the file is missing or unreadable.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PipelineError(f"cannot read {path}", received=error.strerror) from None
    body = memoryview(data)[len(_MAGIC) + _DIGEST :]
    if (
        not data.startswith(_MAGIC)
        or hashlib.sha256(body).digest() != data[len(_MAGIC) : len(_MAGIC) + _DIGEST]
    ):
        raise DamagedCheckpointError(
            f"{path} is damaged", received=f"{len(data):,} bytes with another checksum"
        )
    start = _LENGTH + int.from_bytes(body[:_LENGTH], "little")
    header = json.loads(bytes(body[_LENGTH:start]))
    arrays: dict[str, list[NDArray[Any]]] = {}
    for name, kinds in header["arrays"].items():
        arrays[name] = []
        for kind, shape in kinds:
            array = np.frombuffer(body, np.dtype(kind), count=prod(shape), offset=start).reshape(
                shape
            )
            arrays[name].append(array)
            start += array.nbytes
    return Checkpoint(header["facts"], arrays)


def _chunks(checkpoint: Checkpoint) -> Iterator[bytes]:
    kinds = {
        name: [(array.dtype.name, array.shape) for array in arrays]
        for name, arrays in checkpoint.arrays.items()
    }
    header = json.dumps({"facts": checkpoint.facts, "arrays": kinds}).encode()
    yield len(header).to_bytes(_LENGTH, "little")
    yield header
    for arrays in checkpoint.arrays.values():
        yield from (array.tobytes() for array in arrays)
