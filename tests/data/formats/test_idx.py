import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from pipeline.data.formats import idx
from pipeline.errors import DataError

PIXELS = np.arange(3 * 2 * 4, dtype=np.uint8)
LABELS = np.array([1, 0, 2], np.uint8)


def images_of(
    folder: Path,
    *,
    magic: int = 0x803,
    count: int = 3,
    shape: tuple[int, ...] = (2, 4),
    content: bytes = b"",
) -> Path:
    path = folder / "images.gz"
    path.write_bytes(
        gzip.compress(struct.pack(">4I", magic, count, *shape) + (content or PIXELS.tobytes()))
    )
    return path


def labels_of(
    folder: Path, *, magic: int = 0x801, count: int = 3, content: bytes = LABELS.tobytes()
) -> Path:
    path = folder / "labels.gz"
    path.write_bytes(gzip.compress(struct.pack(">2I", magic, count) + content))
    return path


def read(images: Path, labels: Path) -> tuple[list[int], list[list[int]]]:
    parts = list(idx.read(images, labels, shape=(2, 4), classes=3))
    return np.concatenate([part[0] for part in parts]).tolist(), np.concatenate(
        [part[1] for part in parts]
    ).tolist()


def refusal(images: Path, labels: Path) -> str:
    with pytest.raises(DataError) as error:
        read(images, labels)
    return str(error.value)


def test_labels_and_pixels_come_as_they_are(tmp_path: Path) -> None:
    assert read(images_of(tmp_path), labels_of(tmp_path)) == (
        [1, 0, 2],
        PIXELS.reshape(3, 8).tolist(),
    )


def test_records_beyond_one_part_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "_RECORDS", 2)
    assert read(images_of(tmp_path), labels_of(tmp_path)) == (
        [1, 0, 2],
        PIXELS.reshape(3, 8).tolist(),
    )


def test_a_wrong_magic_number_is_refused(tmp_path: Path) -> None:
    message = refusal(images_of(tmp_path, magic=0x801), labels_of(tmp_path))
    assert (
        message == "images.gz has a wrong magic number. Received: 0x00000801. Expected: 0x00000803."
    )


def test_labels_in_place_of_images_are_refused(tmp_path: Path) -> None:
    assert "labels.gz has a wrong magic number" in refusal(
        images_of(tmp_path), labels_of(tmp_path, magic=0x803)
    )


def test_counts_must_agree(tmp_path: Path) -> None:
    message = refusal(images_of(tmp_path), labels_of(tmp_path, count=2, content=b"\1\0"))
    assert (
        message
        == "images.gz and labels.gz do not hold the same number of records. Received: 3 and 2."
    )


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    message = refusal(images_of(tmp_path, shape=(4, 2)), labels_of(tmp_path))
    assert message == "images.gz has images of a wrong size. Received: [4, 2]. Expected: [2, 4]."


def test_too_few_bytes_are_refused(tmp_path: Path) -> None:
    message = refusal(images_of(tmp_path, content=PIXELS.tobytes()[:-1]), labels_of(tmp_path))
    assert message == "images.gz ends too early. Received: 23 bytes. Expected: 24."


def test_trailing_bytes_are_refused(tmp_path: Path) -> None:
    message = refusal(images_of(tmp_path, content=PIXELS.tobytes() + b"\0"), labels_of(tmp_path))
    assert message == "images.gz holds more bytes than its header says."


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    images = images_of(tmp_path)
    images.write_bytes(images.read_bytes()[:-4])
    message = refusal(images, labels_of(tmp_path))
    assert message.startswith("images.gz is damaged. Received: Compressed file ended before")


def test_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    images = images_of(tmp_path)
    content = bytearray(images.read_bytes())
    content[-8] ^= 1
    images.write_bytes(content)
    assert "images.gz is damaged. Received: CRC check failed" in refusal(
        images, labels_of(tmp_path)
    )


def test_what_is_no_gzip_is_refused(tmp_path: Path) -> None:
    images = images_of(tmp_path)
    images.write_bytes(b"<html>not found</html>")
    assert "images.gz is damaged. Received: Not a gzipped file" in refusal(
        images, labels_of(tmp_path)
    )


def test_a_count_beyond_all_measure_is_refused_before_it_is_read(tmp_path: Path) -> None:
    message = refusal(images_of(tmp_path), labels_of(tmp_path, count=2**32 - 1))
    assert (
        message
        == "labels.gz is too large. Received: 4,294,967,295 records. Expected: at most 1,073,741,824 bytes."
    )


def test_a_label_without_a_class_is_refused(tmp_path: Path) -> None:
    message = refusal(images_of(tmp_path), labels_of(tmp_path, content=b"\1\3\2"))
    assert message == "labels.gz, record 2: there is no such class. Received: 3. Expected: 0 to 2."
