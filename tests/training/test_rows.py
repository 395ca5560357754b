"""Rows for a compiled program: all in memory, or in blocks within a limit."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.config.training import Training
from pipeline.data.prepared import Split
from pipeline.training.rows import Resident, Streamed, memory_limit, rows_of, size_of
from tests.support import pinned_threads as pinned  # noqa: F401 - before TensorFlow's first operation

X = np.arange(300, dtype=np.float32).reshape(100, 3)
SPLIT = Split(X, np.arange(100, dtype=np.int32), None)  # A row has 16 bytes.
ORDER = np.random.default_rng(0).permutation(100).astype(np.int32)


def test_size_counts_all_arrays():
    assert size_of(SPLIT) == 1600


@pytest.mark.parametrize(("limit", "kind"), [(None, Resident), (1600, Resident), (1599, Streamed)])
def test_only_larger_data_than_the_limit_are_streamed(limit, kind):
    assert type(rows_of(SPLIT, 10, limit=limit)) is kind


@pytest.mark.parametrize(("limit", "batches"), [(1, 1), (639, 1), (640, 2), (1599, 4)])
def test_block_and_its_copy_fit_the_limit(limit, batches):
    rows = rows_of(SPLIT, 10, limit=limit)
    assert rows.max_batches == batches
    _, arrays, _ = rows.take(ORDER, 0, 10)
    assert sum(array.numpy().nbytes for array in arrays) == batches * 160


@pytest.mark.parametrize("limit", [None, 700])
def test_rows_follow_the_order(limit):
    order, (x, y), first = rows_of(SPLIT, 10, limit=limit).take(ORDER, 30, 20)
    chosen = order.numpy()[first : first + 20]
    assert (x.numpy()[chosen] == X[ORDER[30:50]]).all()
    assert (y.numpy()[chosen, 0] == ORDER[30:50]).all()


def test_all_blocks_have_one_shape():
    rows = rows_of(SPLIT, 10, limit=700)
    shapes = {
        tuple(array.shape for array in rows.take(ORDER, first, count)[1])
        for first, count in ((0, 20), (20, 10), (95, 5))
    }
    assert shapes == {((20, 3), (20, 1))}


def test_memory_mapped_array_is_read_by_blocks(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = Split(np.load(tmp_path / "x.npy", mmap_mode="r"), SPLIT.y, None)
    order, (x, _), first = rows_of(mapped, 10, limit=700).take(ORDER, 5, 20)
    assert (x.numpy()[order.numpy()[first : first + 20]] == X[ORDER[5:25]]).all()


def test_memory_limit_defaults_to_half_of_free_memory(monkeypatch):
    memory = SimpleNamespace(available=1001)
    monkeypatch.setattr("pipeline.training.rows.psutil.virtual_memory", lambda: memory)
    assert memory_limit(Training(epochs=1)) == 500
    assert memory_limit(Training(epochs=1, in_memory_limit=7)) == 7


def test_block_is_not_larger_than_the_split():
    order, (x, _), first = rows_of(SPLIT, 10**7, limit=700).take(ORDER, 0, 100)
    assert (len(order), x.shape) == (100, (100, 3))
    assert (x.numpy()[order.numpy()[first:]] == X[ORDER]).all()
