import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.source import File, Source
from pipeline.data.formats import SourceFile, cifar10
from tests.support.refusals import refusal

FOLDER = "cifar-10-batches-bin"
NAMES = cifar10.ALL_MEMBERS
SETTINGS = {
    "format": "cifar10",
    "target": "label",
    "image_shape": [32, 32, 3],
    "classes": list("abcdefghij"),
}
Member = tuple[tarfile.TarInfo, bytes]


@pytest.fixture(autouse=True)
def _two_records_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar10, "_RECORDS", 2)


def content_of(number: int) -> bytes:
    """Two records with the labels 0 and `number`. A pixel is its column plus 100 a channel."""
    image = np.stack([np.tile(np.arange(32), (32, 1)) + 100 * channel for channel in range(3)])
    pixels = image.astype(np.uint8).tobytes()
    return bytes([0]) + pixels + bytes([number]) + pixels


def file(name: str, content: bytes) -> Member:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def special(name: str, kind: bytes, target: str = "") -> Member:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def complete() -> list[Member]:
    return [file(f"{FOLDER}/{name}", content_of(number)) for number, name in enumerate(NAMES)]


def archive_of(folder: Path, members: list[Member], kind: str = "gz") -> Path:
    path = folder / f"archive.tar.{kind}"
    with tarfile.open(path, f"w:{kind}", **({"compresslevel": 1} if kind == "gz" else {})) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return path


def read(archive: Path, **settings: object) -> dict[str, list[list[int]]]:
    """The rows of each CSV file that the archive becomes."""
    source = Source("own", files=[File(archive.name, "0" * 64)], **SETTINGS | settings)  # type: ignore[arg-type]
    folder = archive.parent / "to"
    folder.mkdir()
    cifar10.read(source, [SourceFile(archive.name, archive, "here")], folder)
    return {
        path.name: np.loadtxt(path, dtype=int, delimiter=",", skiprows=1).tolist()
        for path in sorted(folder.iterdir())
    }


def error_of(folder: Path, members: list[Member]) -> str:
    """The error of reading an archive. No file may be left."""
    message = refusal(read, archive_of(folder, members))
    assert {path.name for path in folder.rglob("*")} == {"to", "archive.tar.gz"}
    return message


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_both_compressions_are_read(tmp_path: Path, kind: str) -> None:
    rows = read(archive_of(tmp_path, complete(), kind))
    assert {name: len(table) for name, table in rows.items()} == {"train.csv": 10, "test.csv": 2}


def test_members_may_have_any_order(tmp_path: Path) -> None:
    rows = read(archive_of(tmp_path, complete()[::-1]))
    assert [row[0] for row in rows["train.csv"]] == [0, 0, 0, 1, 0, 2, 0, 3, 0, 4]
    assert [row[0] for row in rows["test.csv"]] == [0, 5]


def test_files_about_the_data_are_ignored(tmp_path: Path) -> None:
    extras = [
        special(FOLDER, tarfile.DIRTYPE),
        file(f"{FOLDER}/batches.meta.txt", b"a"),
        file(f"{FOLDER}/readme.html", b"b"),
    ]
    assert sorted(read(archive_of(tmp_path, [*complete(), *extras]))) == ["test.csv", "train.csv"]


def test_pixels_are_ordered_by_row_column_channel(tmp_path: Path) -> None:
    image = np.array(read(archive_of(tmp_path, complete()))["train.csv"][0][1:])
    assert image.reshape(32, 32, 3)[5, 7].tolist() == [7, 107, 207]


def test_label_without_class_is_refused(tmp_path: Path) -> None:
    message = refusal(read, archive_of(tmp_path, complete()), classes=list("abcde"))
    assert message == (
        "test_batch.bin, record 2: no class has this label. Received: 5. Expected: 0 to 4."
    )


@pytest.mark.parametrize(
    "name",
    [
        "../data_batch_1.bin",
        f"{FOLDER}/../data_batch_1.bin",
        f"/{FOLDER}/data_batch_1.bin",
        "/etc/passwd",
        f"{FOLDER}/sub/data_batch_1.bin",
        f"{FOLDER}/data_batch_6.bin",
        "data_batch_1.bin",
    ],
)
def test_unknown_member_is_refused(tmp_path: Path, name: str) -> None:
    message = error_of(tmp_path, [*complete()[1:], file(name, content_of(0))])
    assert message == f"archive.tar.gz holds an unknown member. Received: {name!r}."


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
@pytest.mark.parametrize("name", ["data_batch_1.bin", "readme.html"])
def test_member_must_be_a_regular_file(tmp_path: Path, kind: bytes, name: str) -> None:
    others = [member for member in complete() if not member[0].name.endswith(name)]
    message = error_of(tmp_path, [special(f"{FOLDER}/{name}", kind, "/etc/passwd"), *others])
    assert message == f"archive.tar.gz: a member is not a regular file. Received: {FOLDER}/{name}."


def test_link_in_place_of_folder_is_refused(tmp_path: Path) -> None:
    message = error_of(tmp_path, [special(FOLDER, tarfile.SYMTYPE, "/tmp"), *complete()])
    assert message == f"archive.tar.gz holds an unknown member. Received: '{FOLDER}'."


def test_repeated_member_is_refused(tmp_path: Path) -> None:
    message = error_of(tmp_path, [*complete(), complete()[0]])
    assert message == f"archive.tar.gz holds a member twice. Received: {FOLDER}/data_batch_1.bin."


@pytest.mark.parametrize(
    ("content", "size"), [(content_of(0)[:-1], "6,145"), (content_of(0) + b"\0", "6,147")]
)
def test_member_of_wrong_size_is_refused(tmp_path: Path, content: bytes, size: str) -> None:
    message = error_of(tmp_path, [file(f"{FOLDER}/data_batch_1.bin", content), *complete()[1:]])
    assert message == (
        f"archive.tar.gz: {FOLDER}/data_batch_1.bin has the wrong size. "
        f"Received: {size} bytes. Expected: 6,146."
    )


def test_missing_member_is_named(tmp_path: Path) -> None:
    message = error_of(tmp_path, complete()[:-1])
    assert message == "archive.tar.gz is incomplete. Missing: test_batch.bin."


def test_archive_that_unpacks_too_large_is_refused(tmp_path: Path) -> None:
    message = error_of(tmp_path, [file(f"{FOLDER}/readme.html", bytes(3 << 20)), *complete()])
    assert message == "archive.tar.gz is too large. Expected: at most 1,085,452 bytes unpacked."


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_truncated_archive_is_refused(tmp_path: Path, kind: str) -> None:
    archive = archive_of(tmp_path, complete(), kind)
    archive.write_bytes(archive.read_bytes()[:-30])
    assert refusal(read, archive).startswith(f"archive.tar.{kind} is damaged")


def test_other_file_than_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive.tar.gz").write_bytes(b"<html>not found</html>")
    message = refusal(read, tmp_path / "archive.tar.gz")
    assert message.startswith("archive.tar.gz is damaged. Received: Not a gzipped file")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"files": []}, "source.files"),
        ({"files": [File("a.tar.gz")]}, "source.files.sha256"),
        ({"target": None}, "source.target"),
        ({"classes": []}, "source.classes"),
        ({"image_shape": None}, "source.image_shape"),
        ({"image_shape": [32, 32, 1]}, "source.image_shape"),
        ({"files": [File("a", "0" * 64), File("b", "0" * 64)]}, "source.alternatives"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, object], key: str) -> None:
    settings = {"files": [File("a.tar.gz", "0" * 64)]} | SETTINGS | settings
    assert refusal(Source, "own", **settings).startswith(f"{key} ")
