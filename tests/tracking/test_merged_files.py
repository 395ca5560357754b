"""The files of two folders `mlruns`, and their ledgers of looks."""

from pathlib import Path
from threading import Thread

import pytest

from pipeline.files import sha256
from pipeline.locks import locked
from pipeline.sealed_lines import seal
from pipeline.tracking import merged_files

LEDGER = "looks/ledger.jsonl"
LOOK = seal({"run_id": "a"})


@pytest.fixture
def theirs(tmp_path) -> Path:
    return tmp_path / "theirs"


@pytest.fixture
def ours(tmp_path) -> Path:
    return tmp_path / "ours"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def read(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_missing_files_are_copied_and_counted(theirs, ours):
    write(theirs, {"artifacts/1/a": "a", "sweeps/b": "b", "other/c": "c"})
    write(ours, {"sweeps/b": "b"})
    assert merged_files.merge(theirs, ours) == 1
    assert read(ours) == {"artifacts/1/a": "a", "sweeps/b": "b"}


@pytest.mark.parametrize("name", ["sweeps/lock", "sweeps/.lock", "artifacts/.half.1"])
def test_locks_and_half_files_are_not_copied(theirs, ours, name):
    write(theirs, {name: "x"})
    assert merged_files.merge(theirs, ours) == 0
    assert read(ours) == {}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_same_of_two_different_files_stays_in_any_order(theirs, ours, order):
    for folder, text in zip((theirs, ours), order, strict=True):
        write(folder, {"sweeps/x": text})
    greater = max((theirs / "sweeps/x", ours / "sweeps/x"), key=sha256).read_text()
    merged_files.merge(theirs, ours)
    assert read(ours) == {"sweeps/x": greater}


@pytest.mark.parametrize(
    ("own", "other", "merged", "count"),
    [
        ("1\n", "2\n1\n3\n2\n", "1\n2\n3\n", 1),
        ("1\n2\n", "2\n", "1\n2\n", 0),
        ("1\n", "2\n3", "1\n2\n", 1),
        ("1\nhalf", "2\n", "1\n2\n", 1),
        (None, "2\n", "2\n", 1),
    ],
)
def test_ledger_gets_the_whole_lines_of_the_other(theirs, ours, own, other, merged, count):
    write(theirs, {LEDGER: other})
    if own is not None:
        write(ours, {LEDGER: own})
    assert merged_files.merge(theirs, ours) == count
    assert read(ours) == {LEDGER: merged}


@pytest.mark.parametrize(("own", "other"), [(LOOK[:-1], "2\n"), ("2\n", LOOK[:-1])])
def test_look_that_lacks_only_its_end_is_kept(theirs, ours, own, other):
    write(theirs, {LEDGER: other})
    write(ours, {LEDGER: own})
    merged_files.merge(theirs, ours)
    assert sorted(read(ours)[LEDGER].splitlines(keepends=True)) == sorted([LOOK, "2\n"])


def test_checkpoints_of_the_later_step_stay(theirs, ours):
    write(theirs, {"checkpoints/k/000009.checkpoint": "new"})
    write(ours, {f"checkpoints/k/{step:06d}.checkpoint": "old" for step in (7, 8)})
    assert merged_files.merge(theirs, ours) == 1
    assert read(ours) == {"checkpoints/k/000009.checkpoint": "new"}
    write(theirs, {"checkpoints/k/000009.checkpoint": "new"})
    assert merged_files.merge(theirs, ours) == 0


def test_listing_has_digests_and_looks_in_a_fixed_order(ours):
    write(
        ours, {"sweeps/b": "b", "artifacts/a": "a", "checkpoints/k/result/c": "c", LEDGER: "2\n1"}
    )
    names = ("artifacts/a", "checkpoints/k/result/c", "sweeps/b")
    expected = [f"{sha256(ours / name)}  {name}" for name in names]
    assert list(merged_files.listing(ours)) == [*expected, "1", "2"]


def test_merge_waits_for_a_look_that_is_being_added(theirs, ours):
    added = seal({"run_id": "b"})
    write(theirs, {LEDGER: LOOK})
    write(ours, {LEDGER: ""})
    merging = Thread(target=merged_files.merge, args=(theirs, ours))
    with locked(ours / "looks", "adds a look"), (ours / LEDGER).open("a") as file:
        merging.start()
        merging.join(0.5)
        file.write(added)
    merging.join()
    assert (ours / LEDGER).read_text() == added + LOOK
