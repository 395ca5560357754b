"""Figures as parts of the page: PNG bytes in data URLs, with an alternative text."""

import base64
import struct
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.files import read_json

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """A figure of the page.

    Args:
        alt: what the figure shows, for readers who cannot see it.
        width, height: in pixels.
    """

    title: str
    alt: str
    url: str
    width: int
    height: int

    @property
    def is_wide(self) -> bool:
        """Whether it needs the whole width of the page: it has panels side by side."""
        return self.width > 1.5 * self.height


def picture(png: bytes, *, title: str, alt: str) -> Picture:
    """Makes a figure of the page; raises `ValueError` if the bytes are not a PNG."""
    if not png.startswith(_SIGNATURE) or len(png) < 24:
        raise ValueError("not a PNG")
    width, height = struct.unpack(">II", png[16:24])
    return Picture(
        title, alt, f"data:image/png;base64,{base64.b64encode(png).decode()}", width, height
    )


def read(folder: Path, experiment: str) -> list[Picture]:
    """The figures that `evaluate` wrote, in the order of its `index.json`.

    Raises:
        PipelineError: a file is missing or damaged.
    """
    command = f"dvc repro --force evaluate@{experiment}"
    index = read_json(folder / "index.json", made_by=command)
    return [_read(folder / item["file"], item["title"], item["alt"], command) for item in index]


def _read(file: Path, title: str, alt: str, command: str) -> Picture:
    try:
        return picture(file.read_bytes(), title=title, alt=alt)
    except (FileNotFoundError, ValueError):
        raise PipelineError(
            f"{file} is missing or damaged", expected=f"Draw it again with: {command}"
        ) from None
