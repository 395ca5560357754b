"""Files are written whole or not at all."""

import hashlib
import json
import os
import platform
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.files import (
    read_json,
    replacing,
    replacing_folder,
    require_files,
    scratch_folder,
    sha256,
    write_json,
    write_text,
)
from tests.support.damage import rot
from tests.support.refusals import refusal

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class StoppedError(Exception):
    """Raised by a test inside a block."""


def write_half(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise StoppedError


def write_half_a_folder(path: Path) -> None:
    with replacing_folder(path) as temporary:
        write_text(temporary / "new.txt", "new")
        raise StoppedError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_when_the_block_ends(tmp_path):
    with replacing(tmp_path / "a/b.txt") as temporary:
        temporary.write_text("new")
        assert not (tmp_path / "a/b.txt").exists()
    assert (tmp_path / "a/b.txt").read_text() == "new"


def test_temporary_file_keeps_suffix_and_folder(tmp_path):
    with replacing(tmp_path / "model.keras") as temporary:
        temporary.touch()
        assert (temporary.suffix, temporary.parent) == (".keras", tmp_path)


def test_temporary_file_is_deleted(tmp_path):
    write_text(tmp_path / "a.txt", "new")
    assert names(tmp_path) == ["a.txt"]


def test_file_is_unchanged_if_the_block_raises(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(StoppedError):
        write_half(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_new_file_is_absent_if_the_block_raises(tmp_path):
    with pytest.raises(StoppedError):
        write_half(tmp_path / "a.txt")
    assert names(tmp_path) == []


def test_block_that_writes_nothing_raises(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "a.txt"):
        pass
    assert (tmp_path / "a.txt").read_text() == "old"


def test_folder_replaces_the_old_one(tmp_path):
    write_text(tmp_path / "parts/old.txt", "old")
    with replacing_folder(tmp_path / "parts") as temporary:
        write_text(temporary / "deep/new.txt", "new")
        assert names(tmp_path / "parts") == ["old.txt"]
    assert names(tmp_path) == ["parts"]
    assert names(tmp_path / "parts") == ["deep"]


def test_folder_is_unchanged_if_the_block_raises(tmp_path):
    write_text(tmp_path / "parts/old.txt", "old")
    with pytest.raises(StoppedError):
        write_half_a_folder(tmp_path / "parts")
    assert names(tmp_path) == ["parts"]
    assert names(tmp_path / "parts") == ["old.txt"]


def test_new_folder_is_absent_if_the_block_raises(tmp_path):
    with pytest.raises(StoppedError):
        write_half_a_folder(tmp_path / "parts")
    assert names(tmp_path) == []


def test_scratch_folder_is_deleted_after_the_block(tmp_path):
    with scratch_folder(tmp_path / "data") as folder:
        assert (folder.parent, list(folder.iterdir())) == (tmp_path, [])
        write_text(folder / "x", "half")
    assert list(tmp_path.iterdir()) == []


def test_scratch_folder_is_deleted_if_the_block_raises(tmp_path):
    with pytest.raises(StoppedError), scratch_folder(tmp_path / "data"):
        raise StoppedError
    assert list(tmp_path.iterdir()) == []


def test_scratch_folder_of_a_dead_process_is_deleted(tmp_path):
    (tmp_path / ".data.4194305/inner").mkdir(parents=True)
    with scratch_folder(tmp_path / "data") as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_equal_values_give_equal_bytes(tmp_path):
    write_json(tmp_path / "1.json", {"b": 1, "a": "é"})
    write_json(tmp_path / "2.json", {"a": "é", "b": 1})
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert (tmp_path / "1.json").read_text(encoding="utf-8") == '{\n  "a": "é",\n  "b": 1\n}\n'


def test_each_object_of_a_list_has_a_line(tmp_path):
    write_json(tmp_path / "1.json", {"b": [{"d": 1, "c": []}, 2], "a": {"e": [1, 2], "f": {}}})
    assert (tmp_path / "1.json").read_text().splitlines() == [
        "{",
        '  "a": {',
        '    "e": [1, 2],',
        '    "f": {}',
        "  },",
        '  "b": [',
        '    {"c": [], "d": 1},',
        "    2",
        "  ]",
        "}",
    ]


@given(value=JSON)
def test_json_round_trip_keeps_the_value(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_json(path, value)
    assert read_json(path, made_by="this test") == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_json_with_nan_or_infinity_is_refused(tmp_path, value):
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        write_json(tmp_path / "a.json", {"loss": value})
    assert names(tmp_path) == []


def test_missing_json_error_names_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        refusal(read_json, Path("run.json"), made_by="dvc repro train@iris")
        == "run.json is missing. Make it with: dvc repro train@iris."
    )


def test_damaged_json_error_names_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("run.json").write_text('{"run_id": ')
    assert refusal(read_json, Path("run.json"), made_by="dvc repro train@iris") == (
        "run.json is damaged. Received: Expecting value: line 1 column 12 (char 11). "
        "Make it again with: dvc repro train@iris."
    )


def test_damaged_file_becomes_writable_with_new_time(tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes(b"good")
    rot(path, byte=0, bit=0)
    os.utime(path, (0, 0))
    path.chmod(0o444)
    with pytest.raises(PipelineError, match="is damaged or stale"):
        require_files(tmp_path, {"x.npy": sha256_of(b"good")}, made_by="dvc repro prepare@x")
    state = path.stat()
    assert (path.read_bytes(), state.st_mode & 0o777, state.st_mtime > 0) == (b"food", 0o644, True)


def test_undamaged_file_keeps_its_mode_and_time(tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes(b"good")
    os.utime(path, (0, 0))
    path.chmod(0o444)
    require_files(tmp_path, {"x.npy": sha256_of(b"good")}, made_by="dvc repro prepare@x")
    assert (path.stat().st_mode & 0o777, path.stat().st_mtime) == (0o444, 0)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_empty_file_has_a_sha256(tmp_path):
    (tmp_path / "empty").touch()
    assert (
        sha256(tmp_path / "empty")
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


def test_several_files_have_one_sha256(tmp_path):
    content = [b"x" * (1 << 20) + b"y", b"z"]
    for number, part in enumerate(content):
        (tmp_path / str(number)).write_bytes(part)
    assert sha256(tmp_path / "0", tmp_path / "1") == hashlib.sha256(b"".join(content)).hexdigest()


def test_json_ends_with_a_newline(tmp_path):
    write_json(tmp_path / "a.json", [1])
    text = (tmp_path / "a.json").read_text()
    assert (json.loads(text), text[-1]) == ([1], "\n")


def test_temporary_file_of_a_dead_process_is_deleted(tmp_path):
    above_the_highest_process_id = 4194305
    leftover = tmp_path / f".facts.{above_the_highest_process_id}.json"
    leftover.write_text("half", encoding="utf-8")
    write_json(tmp_path / "facts.json", 1)
    assert names(tmp_path) == ["facts.json"]


def test_temporary_file_of_a_live_process_stays(tmp_path):
    (tmp_path / ".facts.1.json").write_text("half", encoding="utf-8")
    write_json(tmp_path / "facts.json", 1)
    assert names(tmp_path) == [".facts.1.json", "facts.json"]


def test_temporary_file_of_another_container_stays(tmp_path):
    leftover = tmp_path / ".facts.4194305-1.json"
    leftover.write_text("half", encoding="utf-8")
    write_json(tmp_path / "facts.json", 1)
    assert names(tmp_path) == [".facts.4194305-1.json", "facts.json"]


def test_old_temporary_file_of_another_container_is_deleted(tmp_path):
    leftover = tmp_path / ".facts.4194305-1.json"
    leftover.write_text("half", encoding="utf-8")
    os.utime(leftover, (0, 0))
    write_json(tmp_path / "facts.json", 1)
    assert names(tmp_path) == ["facts.json"]


@pytest.mark.parametrize(("days", "left"), [(6.9, True), (7.1, False)])
def test_temporary_file_of_another_container_stays_for_a_week(tmp_path, days, left):
    leftover = tmp_path / ".facts.4194305-1.json"
    leftover.write_text("half", encoding="utf-8")
    written = time.time() - days * 24 * 60 * 60
    os.utime(leftover, (written, written))
    write_json(tmp_path / "facts.json", 1)
    assert leftover.exists() == left


def test_temporary_file_with_the_number_of_this_process_is_deleted(tmp_path):
    (tmp_path / f".facts.{os.getpid()}.json").write_text("half", encoding="utf-8")
    write_json(tmp_path / "facts.json", 1)
    assert names(tmp_path) == ["facts.json"]


@pytest.mark.parametrize("name", [".facts.notes.json", ".facts.4194305-notes.json", ".facts.json"])
def test_hidden_file_of_the_user_stays(tmp_path, name):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    os.utime(tmp_path / name, (0, 0))
    write_json(tmp_path / "facts.json", 1)
    assert names(tmp_path) == [name, "facts.json"]


def test_temporary_file_of_another_machine_stays(tmp_path):
    leftover = tmp_path / f".facts.4194305-{Path('/proc/self/ns/pid').stat().st_ino}-1.json"
    leftover.write_text("half", encoding="utf-8")
    write_json(tmp_path / "facts.json", 1)
    assert names(tmp_path) == [leftover.name, "facts.json"]


def test_temporary_name_has_the_place_of_its_process(tmp_path):
    machine = zlib.crc32(platform.node().encode())
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    with replacing_folder(tmp_path / "a") as temporary:
        assert temporary.name == f".a.{os.getpid()}-{namespace}-{machine}"


def fill(folder: Path, name: str) -> None:
    with replacing_folder(folder) as temporary:
        write_text(temporary / name, "new")


def test_link_stays_and_its_target_is_replaced(tmp_path):
    write_text(tmp_path / "disk/xor/old.txt", "old")
    (tmp_path / "xor").symlink_to(tmp_path / "disk/xor")
    for name in ("1.txt", "2.txt"):
        fill(tmp_path / "xor", name)
    assert (tmp_path / "xor").readlink() == tmp_path / "disk/xor"
    assert names(tmp_path / "disk/xor") == ["2.txt"]
    assert (names(tmp_path), names(tmp_path / "disk")) == (["disk", "xor"], ["xor"])


def test_failed_block_leaves_a_link_target_unchanged(tmp_path):
    write_text(tmp_path / "disk/xor/old.txt", "old")
    (tmp_path / "xor").symlink_to("disk/xor")
    with pytest.raises(StoppedError):
        write_half_a_folder(tmp_path / "xor")
    assert names(tmp_path / "disk/xor") == ["old.txt"]
    assert (names(tmp_path), names(tmp_path / "disk")) == (["disk", "xor"], ["xor"])


def test_target_of_a_link_is_created(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "xor").symlink_to(tmp_path / "disk/xor")
    fill(tmp_path / "xor", "1.txt")
    assert names(tmp_path / "disk/xor") == ["1.txt"]


def test_folder_below_a_link_is_replaced(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to("disk")
    fill(tmp_path / "data/prepared/xor", "1.txt")
    assert names(tmp_path / "disk/prepared/xor") == ["1.txt"]
    assert (tmp_path / "data").is_symlink()


@pytest.mark.parametrize("path", ["link", "link/prepared/xor"])
def test_link_to_a_missing_disk_is_refused(tmp_path, path):
    (tmp_path / "link").symlink_to("/no/such/disk")
    assert refusal(fill, tmp_path / path, "1.txt") == (
        f"{tmp_path}/link is a symbolic link into a folder that does not exist. "
        "Received: /no/such/disk. Create the folder or mount its disk, or remove the link."
    )


def test_link_that_an_earlier_version_left_is_deleted(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / ".xor.4194305.old").symlink_to("disk")
    fill(tmp_path / "xor", "1.txt")
    assert names(tmp_path) == ["disk", "xor"]
