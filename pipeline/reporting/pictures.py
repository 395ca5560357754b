"""Figures as parts of the page: PNG bytes in data URLs, with an alternative text."""

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
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
        file: its path relative to the report; empty if it has none.
    """

    title: str
    alt: str
    url: str
    width: int
    height: int
    file: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it needs the whole width of the page: it has panels side by side."""
        return self.width > 1.5 * self.height


def picture(png: bytes, *, title: str, alt: str, file: str = "") -> Picture:
    """Makes a figure of the page; raises `ValueError` if the bytes are not a PNG."""
    if not png.startswith(_SIGNATURE) or len(png) < 24:
        raise ValueError("not a PNG")
    width, height = struct.unpack(">II", png[16:24])
    url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return Picture(title, alt, url, width, height, file)


def embedded(of_experiments: Sequence[Sequence[Picture]], most: int) -> frozenset[str]:
    """The files of the figures that the page holds; it links to the others.

    The first figure of every experiment comes first, then the second ones, and so on, until one
    does not fit.

    Args:
        most: how many characters they may have together.
    """
    files, size = set(), 0
    for picture in filter(None, chain.from_iterable(zip_longest(*of_experiments))):
        size += len(picture.url)
        if size > most:
            break
        files.add(picture.file)
    return frozenset(files)


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
        return picture(file.read_bytes(), title=title, alt=alt, file="/".join(file.parts[-3:]))
    except (FileNotFoundError, ValueError):
        raise PipelineError(
            f"{file} is missing or damaged", expected=f"Draw it again with: {command}"
        ) from None
