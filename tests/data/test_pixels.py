from pathlib import Path

import numpy as np

from pipeline.data import pixels


def test_images_are_written_as_label_and_pixels(tmp_path: Path) -> None:
    images = [(np.array([3, 9], np.uint8), np.array([[0, 255], [1, 2]], np.uint8))]
    assert pixels.write_csv(tmp_path / "a.csv", pixels.columns_of("label", 2), images) == 2
    assert (tmp_path / "a.csv").read_bytes() == b"label,p0,p1\n3,0,255\n9,1,2\n"
