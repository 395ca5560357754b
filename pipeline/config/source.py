"""Settings of a source: where raw rows come from. One `conf/source/<name>.yaml` each."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from omegaconf import MISSING

from pipeline.config.rules import is_name
from pipeline.errors import require

IDX_FILES = {
    "train.csv": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test.csv": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}


class Format(Enum):
    """How the rows of a source are stored where it is published."""

    csv = "csv"
    idx = "idx"
    cifar10 = "cifar10"
    sklearn = "sklearn"
    rows = "rows"


@dataclass
class File:
    """A published file: `urls` are tried in turn after `DATA_MIRROR`; `sha256` pins its bytes."""

    name: str = MISSING
    sha256: str | None = None
    urls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        plain = (
            bool(self.name)
            and PurePosixPath(self.name).name == self.name
            and not self.name.startswith(".")
        )
        require(
            plain, "source.files.name", received=self.name, expected="a file name without a folder"
        )
        if self.sha256 is not None:
            hexadecimal = len(self.sha256) == 64 and set(self.sha256) <= set("0123456789abcdef")
            require(
                hexadecimal,
                "source.files.sha256",
                received=self.sha256,
                expected="64 lower-case hexadecimal digits",
            )
        for url in self.urls:
            parts = urlsplit(url)
            require(
                parts.scheme == "https" and bool(parts.hostname),
                "source.files.urls",
                received=url,
                expected="an https:// URL",
            )


@dataclass
class Source:
    """Where rows come from and what they are.

    A CSV of your own needs `path` or `url` and nothing else. `alternatives: true` means that any one of
    `files` holds everything. `image_shape` (height, width, channels) says that the columns other than
    `target` are pixels, integers from 0 to `pixel_maximum`.
    """

    name: str = ""
    format: Format = Format.csv
    path: str | None = None
    url: str | None = None
    sha256: str | None = None
    header: bool = True
    delimiter: str = ","
    files: list[File] = field(default_factory=list)
    alternatives: bool = False
    dataset: str | None = None
    columns: list[str] = field(default_factory=list)
    rows: list[Any] = field(
        default_factory=list
    )  # of lists of numbers, in which OmegaConf would refuse integers
    target: str | None = None
    image_shape: list[int] | None = None
    pixel_maximum: int = 255
    classes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        require(
            is_name(self.name),
            "source.name",
            received=self.name,
            expected="lower-case letters, digits and _",
        )
        if self.url is not None:
            name = PurePosixPath(urlsplit(self.url).path).name or "data.csv"
            self.files = [File(name=name, sha256=self.sha256, urls=[self.url])]
        if self.format is Format.csv:
            given = [key for key in ("path", "url") if getattr(self, key) is not None] or (
                ["files"] if self.files else []
            )
            require(
                len(given) == 1,
                "source",
                received=" and ".join(given) or "neither",
                expected="one of path and url",
            )
        if self.format in (Format.idx, Format.cifar10):
            self._check_archives()
        if self.format is Format.sklearn:
            bundled = ("iris", "digits", "diabetes")
            require(
                self.dataset in bundled,
                "source.dataset",
                received=self.dataset,
                expected=" or ".join(bundled),
            )
        if self.format is Format.rows:
            width = len(self.columns)
            even = bool(self.rows) and all(_is_row(row, width) for row in self.rows)
            require(
                even,
                "source.rows",
                received=self.rows,
                expected=f"rows of {width} numbers, one for each column",
            )
        require(
            len(self.delimiter) == 1,
            "source.delimiter",
            received=repr(self.delimiter),
            expected="one character",
        )
        if self.image_shape is not None:
            positive = len(self.image_shape) == 3 and all(side > 0 for side in self.image_shape)
            require(
                positive,
                "source.image_shape",
                received=self.image_shape,
                expected="[height, width, channels]",
            )
            require(
                1 <= self.pixel_maximum <= 255,
                "source.pixel_maximum",
                received=self.pixel_maximum,
                expected="an integer from 1 to 255",
            )

    def _check_archives(self) -> None:
        require(
            bool(self.files),
            "source.files",
            received="none",
            expected="at least one file with its sha256",
        )
        pinned = all(file.sha256 for file in self.files)
        require(
            pinned,
            "source.files.sha256",
            received="none",
            expected="a pin for each file of this format",
        )
        for key in ("target", "image_shape", "classes"):
            require(
                bool(getattr(self, key)),
                f"source.{key}",
                received="none",
                expected="a value, for this format",
            )
        if self.format is Format.idx:
            names = sorted(name for pair in IDX_FILES.values() for name in pair)
            given = sorted(file.name for file in self.files)
            require(
                given == names and not self.alternatives,
                "source.files",
                received=given,
                expected=", ".join(names),
            )
            require(
                (self.image_shape or [])[2:] == [1],
                "source.image_shape",
                received=self.image_shape,
                expected="1 channel",
            )
        else:
            one = len(self.files) == 1 or self.alternatives
            require(
                one,
                "source.alternatives",
                received=self.alternatives,
                expected="true, or a single file",
            )
            require(
                self.image_shape == [32, 32, 3],
                "source.image_shape",
                received=self.image_shape,
                expected="[32, 32, 3]",
            )


def _is_row(row: Any, width: int) -> bool:
    return (
        isinstance(row, list)
        and len(row) == width
        and all(type(value) in (int, float) for value in row)
    )


@dataclass
class FetchConfig:
    """What `pipeline.fetch` composes."""

    source: Source = MISSING
