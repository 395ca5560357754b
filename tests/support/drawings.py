"""Small image files."""

from pathlib import Path

import numpy as np
from PIL import Image

RED = (200, 0, 0)


def draw(
    path: Path,
    colour: int | tuple[int, ...] = RED,
    *,
    height: int = 4,
    width: int = 6,
    **options: object,
) -> Path:
    """Saves an image of one colour: a number is grey, four numbers have transparency."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = () if isinstance(colour, int) else (len(colour),)
    values = np.full((height, width, *channels), colour, dtype=np.uint8)
    Image.fromarray(values).save(path, **options)
    return path


def draw_folders(root: Path, *names: str, **options: int) -> Path:
    """Draws an image of another shade for each name, such as `cat/1.png`."""
    for number, name in enumerate(names):
        draw(root / name, (4 * number, 0, 255 - number), **options)
    return root
