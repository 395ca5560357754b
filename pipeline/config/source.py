"""Settings of a source of rows: one file `conf/source/<name>.yaml` each."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from omegaconf import MISSING

from pipeline.config.rules import NAME, is_name, require_at_most
from pipeline.errors import require
from pipeline.registry import Registry

FORMATS = Registry("pipeline.data.formats", "data format")

_LONGEST_FILE_NAME = 200
_LONGEST_SIDE = 100_000


@dataclass
class File:
    """A file to download.

    Args:
        name: its name on disk and below `DATA_MIRROR`.
        sha256: the digest that its bytes must have.
        urls: https:// addresses, tried in order after `DATA_MIRROR`.
    """

    name: str = MISSING
    sha256: str | None = None
    urls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        require(
            PurePosixPath(self.name).name == self.name and self.name[:1] not in ("", "."),
            "source.files.name",
            received=self.name,
            expected="a file name without a folder",
        )
        require(
            len(self.name) <= _LONGEST_FILE_NAME,
            "source.files.name",
            received=self.name,
            expected=f"at most {_LONGEST_FILE_NAME} characters",
        )
        if self.sha256 is not None:
            require(
                len(self.sha256) == 64 and set(self.sha256) <= set("0123456789abcdef"),
                "source.files.sha256",
                received=self.sha256,
                expected="64 lower-case hexadecimal digits",
            )
        for url in self.urls:
            _require_https(url, "source.files.urls")


@dataclass
class Source:
    """Where rows come from and what they are. A CSV file needs only `path` or `url`.

    Each format has rules of its own in `pipeline.data.formats.<format>.check`.

    Args:
        format: how the files are read: the name of a module in `pipeline/data/formats/`.
        path: a file on this machine.
        url: one file to download.
        sha256: the digest that the file at `path` or `url` must have.
        header: whether the first line of a CSV file names the columns.
        delimiter: the character between two values of a CSV file.
        files: the files to download. Give only one of `files`, `path` and `url`.
        alternatives: whether each one of `files` holds all rows, so that one is enough.
        dataset: the name of a data set that a package ships.
        columns: names of the columns, if the rows do not come with names.
        rows: the rows themselves, as lists of numbers.
        target: the column to predict, if the source defines one.
        image_shape: `[height, width, channels]` if every other column is a pixel.
        pixel_maximum: pixels are integers from 0 to this number.
        classes: the names of the classes of images: label 0 is the first, and so on.
    """

    name: str = ""
    format: str = "csv"
    path: str | None = None
    url: str | None = None
    sha256: str | None = None
    header: bool = True
    delimiter: str = ","
    files: list[File] = field(default_factory=list)
    alternatives: bool = False
    dataset: str | None = None
    columns: list[str] = field(default_factory=list)
    # OmegaConf would turn the integers of list[list[float]] into floats.
    rows: list[Any] = field(default_factory=list)
    target: str | None = None
    image_shape: list[int] | None = None
    pixel_maximum: int = 255
    classes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        require(
            is_name(self.name),
            "source.name",
            received=self.name,
            expected=NAME,
        )
        places = [key for key in ("path", "url", "files") if getattr(self, key)]
        require(
            len(places) <= 1,
            "source",
            received=" and ".join(places),
            expected="only one of path, url and files",
        )
        if self.url is not None:
            _require_https(self.url, "source.url")
            name = PurePosixPath(urlsplit(self.url).path).name or "data.csv"
            self.files = [File(name=name, sha256=self.sha256, urls=[self.url])]
        if self.image_shape is not None:
            self._check_images(self.image_shape)
        FORMATS.load(self.format, key="source.format").check(self)

    @property
    def file_count(self) -> int:
        """The number of files to read. Only one of several alternatives is read."""
        if self.path is not None or (self.files and self.alternatives):
            return 1
        return len(self.files)

    def _check_images(self, shape: list[int]) -> None:
        require(
            len(shape) == 3 and all(side > 0 for side in shape),
            "source.image_shape",
            received=shape,
            expected="[height, width, channels]",
        )
        require_at_most("source.image_shape", max(shape), _LONGEST_SIDE)
        require(
            1 <= self.pixel_maximum <= 255,
            "source.pixel_maximum",
            received=self.pixel_maximum,
            expected="an integer from 1 to 255",
        )


def _require_https(url: str, key: str) -> None:
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:  # such as an open bracket
        is_valid = False
    require(is_valid, key, received=url, expected="an https:// URL")


@dataclass
class FetchConfig:
    """The settings of `pipeline.fetch`."""

    source: Source = MISSING
