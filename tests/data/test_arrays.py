from pathlib import Path

import numpy as np

from pipeline.data.arrays import array_writer, read_array


def test_images_are_added_to_an_array(tmp_path: Path) -> None:
    images = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    with array_writer(tmp_path / "a.npy", (2, 2, 3)) as writer:
        for image in images:
            writer.add(image)
    assert np.array_equal(read_array(tmp_path / "a.npy"), images)


def test_array_may_have_no_image(tmp_path: Path) -> None:
    with array_writer(tmp_path / "a.npy", (2, 2, 3)):
        pass
    assert read_array(tmp_path / "a.npy").shape == (0, 2, 2, 3)
