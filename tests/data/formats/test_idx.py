import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.source import File, Source
from pipeline.data.formats import SourceFile, idx
from tests.support.refusals import refusal

PIXELS = np.arange(3 * 2 * 4, dtype=np.uint8)
LABELS = bytes([1, 0, 2])
IMAGES, NUMBERS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
TEST_IMAGES, TEST_NUMBERS = idx.FILES["test.csv"]
NAMES = [name for pair in idx.FILES.values() for name in pair]
SETTINGS = {
    "format": "idx",
    "files": [File(name, "0" * 64) for name in NAMES],
    "target": "label",
    "image_shape": [2, 4, 1],
    "classes": ["a", "b", "c"],
}


def write(folder: Path, name: str, header: tuple[int, ...], content: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(struct.pack(f">{len(header)}I", *header) + content))
    return path


def images_of(
    folder: Path,
    *,
    magic: int = 0x803,
    count: int = 3,
    shape: tuple[int, ...] = (2, 4),
    content: bytes = PIXELS.tobytes(),
) -> Path:
    return write(folder, IMAGES, (magic, count, *shape), content)


def labels_of(folder: Path, *, magic: int = 0x801, count: int = 3, content: bytes = LABELS) -> Path:
    return write(folder, NUMBERS, (magic, count), content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three training images and one test image, all valid."""
    images_of(tmp_path)
    labels_of(tmp_path)
    write(tmp_path, TEST_IMAGES, (0x803, 1, 2, 4), bytes(8))
    write(tmp_path, TEST_NUMBERS, (0x801, 1), bytes([2]))
    return tmp_path


def read(folder: Path) -> list[list[int]]:
    """The rows of `train.csv`."""
    target = folder / "to"
    target.mkdir()
    files = [SourceFile(name, folder / name, "here") for name in NAMES]
    contents = idx.read(Source("own", **SETTINGS), files, target)  # type: ignore[arg-type]
    assert contents.rows == {"train.csv": 3, "test.csv": 1}
    assert (target / "test.csv").read_text().endswith("\n2,0,0,0,0,0,0,0,0\n")
    return np.loadtxt(target / "train.csv", dtype=int, delimiter=",", skiprows=1).tolist()


ROWS = [
    [label, *pixels] for label, pixels in zip(LABELS, PIXELS.reshape(3, 8).tolist(), strict=True)
]


def test_rows_are_labels_and_pixels(folder: Path) -> None:
    assert read(folder) == ROWS


def test_records_are_read_in_blocks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "_RECORDS", 2)
    assert read(folder) == ROWS


def test_wrong_magic_number_is_refused(folder: Path) -> None:
    images_of(folder, magic=0x801)
    assert refusal(read, folder) == (
        f"{IMAGES} has the wrong magic number. Received: 0x00000801. Expected: 0x00000803."
    )


def test_labels_have_a_magic_number_too(folder: Path) -> None:
    labels_of(folder, magic=0x803)
    assert f"{NUMBERS} has the wrong magic number" in refusal(read, folder)


def test_counts_must_agree(folder: Path) -> None:
    labels_of(folder, count=2, content=LABELS[:2])
    assert refusal(read, folder) == (
        f"{IMAGES} and {NUMBERS} hold different numbers of records. Received: 3 and 2."
    )


def test_images_of_another_size_are_refused(folder: Path) -> None:
    images_of(folder, shape=(4, 2))
    assert refusal(read, folder) == (
        f"{IMAGES} has images of the wrong size. Received: [4, 2]. Expected: [2, 4]."
    )


def test_too_few_bytes_are_refused(folder: Path) -> None:
    images_of(folder, content=PIXELS.tobytes()[:-1])
    assert refusal(read, folder) == f"{IMAGES} ends too early. Received: 23 bytes. Expected: 24."


def test_trailing_bytes_are_refused(folder: Path) -> None:
    images_of(folder, content=PIXELS.tobytes() + b"\0")
    assert refusal(read, folder) == f"{IMAGES} holds more bytes than its header says."


def test_truncated_gzip_is_refused(folder: Path) -> None:
    images = folder / IMAGES
    images.write_bytes(images.read_bytes()[:-4])
    message = refusal(read, folder)
    assert message.startswith(f"{IMAGES} is damaged. Received: Compressed file ended before")


def test_flipped_bit_is_refused(folder: Path) -> None:
    content = bytearray((folder / IMAGES).read_bytes())
    content[-8] ^= 1
    (folder / IMAGES).write_bytes(content)
    assert f"{IMAGES} is damaged. Received: CRC check failed" in refusal(read, folder)


def test_other_file_than_gzip_is_refused(folder: Path) -> None:
    (folder / IMAGES).write_bytes(b"<html>not found</html>")
    assert f"{IMAGES} is damaged. Received: Not a gzipped file" in refusal(read, folder)


def test_huge_count_is_refused_before_reading(folder: Path) -> None:
    labels_of(folder, count=2**32 - 1)
    assert refusal(read, folder) == (
        f"{NUMBERS} is too large. Received: 4,294,967,295 records. "
        "Expected: at most 1,073,741,824 bytes."
    )


def test_label_without_class_is_refused(folder: Path) -> None:
    labels_of(folder, content=bytes([1, 3, 2]))
    assert refusal(read, folder) == (
        f"{NUMBERS}, record 2: no class has this label. Received: 3. Expected: 0 to 2."
    )


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"files": [File("a.gz", "0" * 64)]}, "source.files"),
        ({"alternatives": True}, "source.files"),
        ({"image_shape": [2, 4, 3]}, "source.image_shape"),
        ({"classes": []}, "source.classes"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, object], key: str) -> None:
    assert refusal(Source, "own", **SETTINGS | settings).startswith(f"{key} ")
