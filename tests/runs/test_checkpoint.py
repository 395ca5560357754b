"""Checkpoint files: restored exactly, refused after any change."""

import math
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401 - gives numpy the dtype bfloat16, as TensorFlow does
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint, DamagedCheckpointError
from tests.support import ROOT

DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "uint32", "uint8", "bool")
SHAPES = ((), (0,), (1,), (3, 2), (2, 0, 3), (2, 3, 1, 2))
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=10,
)
PREFIX = 30 + 32 + 8  # magic, digest and length of the header
STATE = Checkpoint(
    {"step": 17, "history": [{"step": 5, "metrics": {"train/loss": 0.1}}]},
    {
        "engine": [np.arange(60, dtype=np.float32), np.array(3, dtype=np.int64)],
        "best_weights": [np.eye(4, dtype=np.float32)],
    },
)


def numbers(dtype: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Arbitrary bits, with NaN and infinity among the floats."""
    size = int(np.prod(shape))
    if dtype == "bool":
        return (np.arange(size) % 2 == 0).reshape(shape)
    bits = np.random.default_rng(0).integers(
        0, 256, size=size * np.dtype(dtype).itemsize, dtype=np.uint8
    )
    return bits.view(dtype).reshape(shape)


def round_trip(state: Checkpoint, folder: Path) -> Checkpoint:
    checkpoint.write(state, folder / "a.checkpoint")
    return checkpoint.read(folder / "a.checkpoint")


def bits(array: np.ndarray[Any, Any]) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.name, array.shape, array.tobytes()


def exact(value: Any) -> Any:
    """Floats become hexadecimal text, so that nan equals nan and -0.0 differs from 0.0."""
    match value:
        case float():
            return f"float {value.hex()}"
        case list():
            return [exact(one) for one in value]
        case dict():
            return {key: exact(one) for key, one in value.items()}
    return value


def refused(data: bytes, path: Path) -> bool:
    """Whether a file of these bytes is refused as damaged."""
    path.write_bytes(data)
    try:
        checkpoint.read(path)
    except DamagedCheckpointError:
        return True
    return False


@pytest.fixture
def content(tmp_path) -> bytes:
    checkpoint.write(STATE, tmp_path / "a.checkpoint")
    return (tmp_path / "a.checkpoint").read_bytes()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_array_is_restored_bit_for_bit(tmp_path, dtype, shape):
    array = numbers(dtype, shape)
    restored = round_trip(Checkpoint({}, {"engine": [array]}), tmp_path)
    assert [bits(one) for one in restored.arrays["engine"]] == [bits(array)]


def test_one_file_holds_arrays_of_many_types(tmp_path):
    arrays = {
        "engine": [numbers(dtype, shape) for dtype in DTYPES for shape in SHAPES],
        "best_weights": [],
        "more": [np.eye(2)],
    }
    restored = round_trip(Checkpoint({}, arrays), tmp_path).arrays
    assert list(restored) == list(arrays)
    assert {name: [bits(one) for one in restored[name]] for name in restored} == {
        name: [bits(one) for one in arrays[name]] for name in arrays
    }


@pytest.mark.parametrize(
    "change", [np.asfortranarray, np.transpose, lambda array: array[::2, ::-1]]
)
def test_order_in_memory_does_not_matter(tmp_path, change):
    array = change(numbers("int32", (4, 3)))
    restored = round_trip(Checkpoint({}, {"engine": [array]}), tmp_path).arrays["engine"][0]
    assert restored.tolist() == array.tolist()


@settings(max_examples=40)  # each is flushed to disk
@given(facts=st.dictionaries(st.text(), FACTS))
def test_facts_are_restored_exactly(tmp_path_factory, facts):
    restored = round_trip(Checkpoint(facts, {}), tmp_path_factory.getbasetemp())
    assert exact(restored.facts) == exact(facts)


@settings(max_examples=20)
@given(values=st.lists(st.floats(), min_size=20))
@example(values=[math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 0.1])
def test_float_keeps_its_bits(tmp_path_factory, values):
    restored = round_trip(Checkpoint({"losses": values}, {}), tmp_path_factory.getbasetemp())
    assert [value.hex() for value in restored.facts["losses"]] == [value.hex() for value in values]


def test_fact_that_json_cannot_store_is_refused(tmp_path):
    with pytest.raises(TypeError):
        checkpoint.write(Checkpoint({"step": np.float32(1)}, {}), tmp_path / "a.checkpoint")
    assert list(tmp_path.iterdir()) == []


def test_equal_states_are_equal_bytes(tmp_path, content):
    checkpoint.write(STATE, tmp_path / "again.checkpoint")
    assert (tmp_path / "again.checkpoint").read_bytes() == content


def test_truncated_file_is_refused(tmp_path, content):
    inside = [PREFIX + (len(content) - 1 - PREFIX) * part // 9 for part in range(1, 10)]
    lengths = [0, 1, 29, 30, 61, 62, 69, PREFIX, *inside]
    refusals = [refused(content[:length], tmp_path / "cut.checkpoint") for length in lengths]
    assert (len(set(lengths)), sum(refusals)) == (17, 17)


def test_flipped_bit_is_refused(tmp_path, content):
    parts = [
        (0, 30),
        (30, 62),
        (62, PREFIX),
        (PREFIX, len(content)),
    ]  # magic, digest, length of the header, and the rest
    seeded = random.Random(0)
    flips = [flip for first, end in parts for flip in seeded.sample(range(8 * first, 8 * end), 50)]
    refusals = []
    for flip in flips:
        damaged = bytearray(content)
        damaged[flip // 8] ^= 1 << flip % 8
        refusals.append(refused(bytes(damaged), tmp_path / "flipped.checkpoint"))
    assert (len(set(flips)), sum(refusals)) == (200, 200)


@pytest.mark.parametrize("more", [b"\0", b"\n", b"keras-experiment-checkpoint-1\n"])
def test_appended_bytes_are_refused(tmp_path, content, more):
    assert refused(content + more, tmp_path / "longer.checkpoint")


def test_file_written_twice_is_refused(tmp_path, content):
    assert refused(content + content, tmp_path / "twice.checkpoint")


def test_unchanged_file_is_not_refused(tmp_path, content):
    assert not refused(content, tmp_path / "whole.checkpoint")


def test_refusal_names_the_file_and_its_size(tmp_path):
    (tmp_path / "a.checkpoint").write_bytes(bytes(1234))
    with pytest.raises(DamagedCheckpointError) as caught:
        checkpoint.read(tmp_path / "a.checkpoint")
    assert str(caught.value) == (
        f"{tmp_path}/a.checkpoint is damaged. Received: 1,234 bytes with another checksum."
    )


def test_folder_instead_of_a_file_is_refused(tmp_path):
    with pytest.raises(PipelineError) as caught:
        checkpoint.read(tmp_path)
    assert str(caught.value).startswith(f"cannot read {tmp_path}. Received: Is a directory.")


WRITER = """
import resource, sys
from pathlib import Path
import numpy as np
from pipeline.runs import checkpoint
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
checkpoint.write(checkpoint.Checkpoint({}, {"engine": [np.zeros(1_000_000)]}), Path(sys.argv[1]))
"""


def test_failed_write_leaves_the_old_file(tmp_path, content):
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path / "a.checkpoint")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "OSError: [Errno 27] File too large",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.checkpoint"]
    assert (tmp_path / "a.checkpoint").read_bytes() == content


def test_write_replaces_the_old_file(tmp_path, content):
    checkpoint.write(Checkpoint({"step": 18}, {}), tmp_path / "a.checkpoint")
    assert checkpoint.read(tmp_path / "a.checkpoint") == Checkpoint({"step": 18}, {})
