import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from pipeline.data.fetching import pixels
from pipeline.data.formats import cifar10
from pipeline.errors import DataError

FOLDER = "cifar-10-batches-bin"
NAMES = (*cifar10.TRAIN, *cifar10.TEST)
RECORDS = 2


def content_of(number: int) -> bytes:
    """Two records, whose labels are 0 and `number`; pixel values tell the channel (0, 100, 200) and the column."""
    image = np.stack([np.tile(np.arange(32), (32, 1)) + 100 * channel for channel in range(3)])
    return (
        bytes([0])
        + image.astype(np.uint8).tobytes()
        + bytes([number])
        + image.astype(np.uint8).tobytes()
    )


def file(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def whole() -> list[tuple[tarfile.TarInfo, bytes]]:
    return [file(f"{FOLDER}/{name}", content_of(number)) for number, name in enumerate(NAMES)]


def archive_of(
    folder: Path, members: list[tuple[tarfile.TarInfo, bytes]], kind: str = "gz"
) -> Path:
    path = folder / f"archive.tar.{kind}"
    with tarfile.open(path, f"w:{kind}") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return path


def unpack(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]], kind: str = "gz") -> Path:
    target = folder / "to"
    target.mkdir()
    cifar10.unpack(archive_of(folder, members, kind), target, records=RECORDS)
    return target


def refusal(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> str:
    with pytest.raises(DataError) as error:
        unpack(folder, members)
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert written <= {"to", "archive.tar.gz", *(f"to/{name}" for name in NAMES)}
    return str(error.value)


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_both_compressions_are_read(tmp_path: Path, kind: str) -> None:
    target = unpack(tmp_path, whole(), kind)
    assert [(target / name).read_bytes() for name in NAMES] == [
        content_of(number) for number in range(6)
    ]


def test_members_in_another_order_and_known_extras_are_read(tmp_path: Path) -> None:
    extras = [
        special(FOLDER, tarfile.DIRTYPE),
        file(f"{FOLDER}/batches.meta.txt", b"a"),
        file(f"{FOLDER}/readme.html", b"b"),
    ]
    target = unpack(tmp_path, [*whole()[::-1], *extras])
    assert sorted(path.name for path in target.iterdir()) == sorted(NAMES)


def test_pixels_are_in_the_order_row_column_channel(tmp_path: Path) -> None:
    (_, images), *_ = cifar10.read(unpack(tmp_path, whole()), cifar10.TRAIN, classes=10)
    assert images[0].reshape(32, 32, 3)[5, 7].tolist() == [7, 107, 207]


def test_training_labels_come_in_the_order_of_the_batches(tmp_path: Path) -> None:
    parts = cifar10.read(unpack(tmp_path, whole()[::-1]), cifar10.TRAIN, classes=10)
    assert np.concatenate([labels for labels, _ in parts]).tolist() == [
        0,
        0,
        0,
        1,
        0,
        2,
        0,
        3,
        0,
        4,
    ]


def test_a_label_without_a_class_is_refused(tmp_path: Path) -> None:
    target = unpack(tmp_path, whole())
    with pytest.raises(DataError) as error:
        list(cifar10.read(target, cifar10.TEST, classes=5))
    assert (
        str(error.value)
        == "test_batch.bin, record 2: there is no such class. Received: 5. Expected: 0 to 4."
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
def test_an_unknown_name_is_refused(tmp_path: Path, name: str) -> None:
    message = refusal(tmp_path, [*whole()[1:], file(name, content_of(0))])
    assert message == f"archive.tar.gz holds an unknown member. Received: {name!r}."


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
@pytest.mark.parametrize("name", ["data_batch_1.bin", "readme.html"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: bytes, name: str) -> None:
    others = [member for member in whole() if not member[0].name.endswith(name)]
    message = refusal(tmp_path, [special(f"{FOLDER}/{name}", kind, "/etc/passwd"), *others])
    assert (
        message
        == f"archive.tar.gz holds a member that is no regular file. Received: {FOLDER}/{name}."
    )


def test_a_member_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, [special(FOLDER, tarfile.SYMTYPE, "/tmp"), *whole()])
    assert message == f"archive.tar.gz holds an unknown member. Received: '{FOLDER}'."


def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, [*whole(), whole()[0]])
    assert message == f"archive.tar.gz holds a member twice. Received: {FOLDER}/data_batch_1.bin."


@pytest.mark.parametrize(
    ("content", "size"), [(content_of(0)[:-1], "6,145"), (content_of(0) + b"\0", "6,147")]
)
def test_a_wrong_size_is_refused(tmp_path: Path, content: bytes, size: str) -> None:
    message = refusal(tmp_path, [file(f"{FOLDER}/data_batch_1.bin", content), *whole()[1:]])
    assert (
        message
        == f"archive.tar.gz holds {FOLDER}/data_batch_1.bin in a wrong size. Received: {size} bytes. Expected: 6,146."
    )


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path, whole()[:-1]) == "archive.tar.gz is not whole. Missing: test_batch.bin."
    )


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, [file(f"{FOLDER}/readme.html", bytes(3 << 20)), *whole()])
    assert message == "archive.tar.gz is too large. Expected: at most 1,085,452 bytes unpacked."


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_a_truncated_archive_is_refused(tmp_path: Path, kind: str) -> None:
    archive = archive_of(tmp_path, whole(), kind)
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(DataError, match=f"^archive.tar.{kind} is damaged"):
        cifar10.unpack(archive, tmp_path, records=RECORDS)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive.tar.gz").write_bytes(b"<html>not found</html>")
    with pytest.raises(
        DataError, match=r"^archive.tar.gz is damaged. Received: Not a gzipped file"
    ):
        cifar10.unpack(tmp_path / "archive.tar.gz", tmp_path, records=RECORDS)


def test_images_are_written_as_a_label_and_pixels(tmp_path: Path) -> None:
    parts = [(np.array([3, 9], np.uint8), np.array([[0, 255], [1, 2]], np.uint8))]
    assert pixels.write_csv(tmp_path / "a.csv", pixels.columns_of("label", 2), parts) == 2
    assert (tmp_path / "a.csv").read_bytes() == b"label,p0,p1\n3,0,255\n9,1,2\n"
