import numpy as np
import pytest

from pipeline.data.spool import Lazy, Spool, mapped, only


@pytest.mark.parametrize("kind", [np.int32, np.float64])
def test_stored_arrays_are_read_as_written(tmp_path, kind):
    spool = Spool(tmp_path)
    first, second = np.arange(5, dtype=kind), np.arange(7, 9, dtype=kind)
    stored = [spool.add(first), spool.add(second)]
    for expected, one in zip([first, second], stored, strict=True):
        assert np.asarray(one).tolist() == expected.tolist()
        assert np.asarray(one).dtype == kind
        assert len(one) == len(expected)


def test_some_rows_of_a_stored_array_are_read(tmp_path):
    stored = Spool(tmp_path).add(np.arange(10) ** 2)
    assert stored[np.array([3, 8, 4])].tolist() == [9, 64, 16]
    assert stored[np.array([], dtype=np.int64)].tolist() == []


def test_spool_leaves_no_file(tmp_path):
    spool = Spool(tmp_path)
    spool.add(np.arange(10))
    assert list(tmp_path.iterdir()) == []


def test_lazy_values_are_made_when_they_are_used():
    made = []

    def make() -> int:
        made.append(1)
        return 2

    doubled = mapped(only(Lazy({"a": make, "b": make}), ["b"]), lambda _, value: 2 * value)
    assert (list(doubled), made) == (["b"], [])
    assert (doubled["b"], made) == (4, [1])
