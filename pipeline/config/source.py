"""Settings of a source of rows: one file `conf/source/<name>.yaml` each."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from omegaconf import MISSING

from pipeline.config.rules import NAME, is_name, require_at_most
from pipeline.data.csv_files import require_delimiter, require_quoting
from pipeline.data.decoding import require_encoding
from pipeline.data.kinds import COMPRESSED
from pipeline.errors import require
from pipeline.registry import Registry

FORMATS = Registry("pipeline.data.formats", "data format")

# The format of a file by its ending. Other files are CSV.
FORMAT_OF = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".arff": "arff",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
# The settings of files. Each format uses some of them.
FILE_SETTINGS = (
    "header",
    "delimiter",
    "fixed_width",
    "encoding",
    "quoting",
    "skip_rows",
    "skip_footer",
    "comment",
    "sheet",
    "decimal",
    "thousands",
    "test_path",
)

# The settings of image files; see docs/images.md.
IMAGE_SETTINGS = ("images", "image_column", "skip_damaged")

_DECIMALS = (".", ",")
_THOUSANDS = (",", ".", " ", "'", "_")
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

    Each format has rules of its own in `pipeline.data.formats.<format>.check`, and `SETTINGS` in
    its module names the settings of files that it reads. docs/files.md describes them.

    Args:
        format: how the files are read: the name of a module in `pipeline/data/formats/`. The
            default follows from the ending of the file.
        path: a file on this machine, or a pattern of several files, such as `data/*.csv`. For
            images in folders, a folder that ends in `/`.
        test_path: a second file, with the test rows.
        url: one file to download.
        sha256: the digest that the file at `path` or `url` must have.
        header: whether the first line of a table names the columns. The default is yes, and a first
            line that looks like data is refused.
        delimiter: the character between two values of a CSV file, or `whitespace`.
        fixed_width: whether to find columns of a text file by their positions, or a list of their
            widths.
        encoding: the encoding of a text file; the default is UTF-8.
        quoting: whether values of a CSV file may stand in double quotes; `single` for single
            quotes; `backslash` if a backslash stands before each quote within a value.
        skip_rows: the number of lines above the table.
        skip_footer: the number of last rows to leave out.
        comment: leaves out lines that begin with this text.
        sheet: the name of the sheet of a spreadsheet.
        decimal: the decimal sign of numbers, if it is not a point.
        thousands: the sign between the thousands of numbers.
        files: the files to download. Give only one of `files`, `path` and `url`.
        alternatives: whether each one of `files` holds all rows, so that one is enough.
        dataset: the name of a data set that a package ships.
        columns: names of all columns, or new names by old ones.
        rows: the rows themselves, as lists of numbers.
        target: the column to predict, if the source defines one.
        image_shape: `[height, width, channels]` if the rows are images. Image files are resized
            to it.
        pixels: the columns that hold the pixels: a list, a pattern such as `pixel*`, or one column
            that holds all pixels of an image in each cell. The default is all other columns.
        images: the folder of the image files that a CSV lists.
        image_column: the column of that CSV that names the image files.
        skip_damaged: whether to leave out files that are not images, instead of an error.
        pixel_maximum: pixels are integers from 0 to this number.
        classes: the names of the classes of images: label 0 is the first, and so on.
    """

    name: str = ""
    format: str = ""
    path: str | None = None
    test_path: str | None = None
    url: str | None = None
    sha256: str | None = None
    header: bool | None = None
    delimiter: str | None = None
    # A boolean or a list of numbers. OmegaConf has no type for that.
    fixed_width: Any = False
    encoding: str | None = None
    # A boolean or a word. OmegaConf has no type for that.
    quoting: Any = True
    skip_rows: int = 0
    skip_footer: int = 0
    comment: str | None = None
    sheet: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    files: list[File] = field(default_factory=list)
    alternatives: bool = False
    dataset: str | None = None
    # A list or a mapping of texts. OmegaConf has no type for that.
    columns: Any = field(default=None, metadata={"texts": True})
    # OmegaConf would turn the integers of list[list[float]] into floats.
    rows: list[Any] = field(default_factory=list)
    target: str | None = None
    image_shape: list[int] | None = None
    # A text or a list of texts.
    pixels: Any = field(default=None, metadata={"texts": True})
    images: str | None = None
    image_column: str | None = None
    skip_damaged: bool = False
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
        require(
            self.test_path is None or (self.path is not None and not self.is_pattern),
            "source.test_path",
            received=self.test_path,
            expected="a path to one file next to it, with the training rows",
        )
        if self.url is not None:
            _require_https(self.url, "source.url")
            name = PurePosixPath(urlsplit(self.url).path).name or "data.csv"
            self.files = [File(name=name, sha256=self.sha256, urls=[self.url])]
        if self.image_shape is not None:
            self._check_images(self.image_shape)
        self._check_pixels()
        self.columns = _checked_columns(self.columns)
        self._check_signs()
        self.format = self.format or self._usual_format()
        module = FORMATS.load(self.format, key="source.format")
        self._refuse_settings_without_effect(getattr(module, "SETTINGS", ()))
        module.check(self)

    @property
    def is_pattern(self) -> bool:
        """Whether `path` may stand for several files."""
        return self.path is not None and any(mark in self.path for mark in "*?[")

    @property
    def own_files(self) -> str | None:
        """What DVC must watch: the path of the one file on this machine, or of a folder."""
        if self.path is None:
            return None
        if self.test_path is None and self.images is None and not self.is_pattern:
            return self.path
        fixed = takewhile(lambda part: not set(part) & set("*?["), PurePosixPath(self.path).parts)
        folders = [PurePosixPath(*fixed) if self.is_pattern else PurePosixPath(self.path).parent]
        if self.test_path is not None:
            folders.append(PurePosixPath(self.test_path).parent)
        if self.images is not None:
            folders.append(PurePosixPath(self.images))
        return str(PurePosixPath(os.path.commonpath(folders)))

    def _usual_format(self) -> str:
        """The format that the ending of the first file names, or csv."""
        if self.images is not None:
            return "image_list"
        if self.path is not None and self.path.endswith("/"):
            return "folders"
        name = self.path or (self.files[0].name if self.files else "")
        endings = [ending.lower() for ending in PurePosixPath(name).suffixes]
        endings = [ending for ending in endings if ending not in COMPRESSED]
        return FORMAT_OF.get(endings[-1], "csv") if endings else "csv"

    def _refuse_settings_without_effect(self, used: Collection[str]) -> None:
        usual = {one.name: one.default for one in fields(self)}
        for key in FILE_SETTINGS + IMAGE_SETTINGS:
            require(
                key in used or getattr(self, key) == usual[key],
                f"source.{key}",
                received=getattr(self, key),
                expected=f"no value, because format: {self.format} does not use it",
            )

    def _check_signs(self) -> None:
        for key in ("skip_rows", "skip_footer"):
            number = getattr(self, key)
            require(number >= 0, f"source.{key}", received=number, expected="0 or more")
        require_delimiter("source.delimiter", self.delimiter)
        require_quoting("source.quoting", self.quoting)
        self._check_fixed_width()
        require_encoding("source.encoding", self.encoding)
        require(self.comment != "", "source.comment", received="''", expected="a text, such as #")
        for key, signs in (("decimal", _DECIMALS), ("thousands", _THOUSANDS)):
            require(
                getattr(self, key) in (None, *signs),
                f"source.{key}",
                received=repr(getattr(self, key)),
                expected=" or ".join(map(repr, signs)),
            )
        require(
            (self.decimal or ".") != self.thousands,
            "source.thousands",
            received=repr(self.thousands),
            expected="another sign than source.decimal. That is a point unless it is set",
        )

    def _check_fixed_width(self) -> None:
        is_list = isinstance(self.fixed_width, list) and bool(self.fixed_width)
        require(
            isinstance(self.fixed_width, bool)
            or (is_list and all(type(one) is int and one > 0 for one in self.fixed_width)),
            "source.fixed_width",
            received=self.fixed_width,
            expected="true, or a list of the widths of all columns, such as [10, 5, 8]",
        )
        require(
            not self.fixed_width or self.delimiter is None,
            "source.delimiter",
            received=repr(self.delimiter),
            expected="no value, because columns of fixed width have no delimiter",
        )

    def _check_pixels(self) -> None:
        require(
            self.pixels is None
            or (isinstance(self.pixels, str) and self.pixels != "")
            or (isinstance(self.pixels, list) and all(isinstance(one, str) for one in self.pixels)),
            "source.pixels",
            received=self.pixels,
            expected="a list of columns, a pattern such as pixel*, or the one column that holds "
            "all pixels",
        )

    @property
    def file_count(self) -> int:
        """The number of files to read. Only one of several alternatives is read."""
        if self.path is not None or (self.files and self.alternatives):
            return 1 if self.test_path is None else 2
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


def _checked_columns(columns: Any) -> list[str] | dict[str, str]:
    """The names of `columns` as text.

    Raises:
        ConfigError: `columns` is neither a list nor a mapping of names.
    """
    columns = [] if columns is None else columns
    is_mapping = isinstance(columns, Mapping)
    require(
        is_mapping or isinstance(columns, list | tuple),
        "source.columns",
        received=columns,
        expected="a list of all names, or new names by old ones: {old: new}",
    )
    names = [*columns.keys(), *columns.values()] if is_mapping else list(columns)
    for name in names:
        require(
            isinstance(name, str | int | float) and not isinstance(name, bool) and name != "",
            "source.columns",
            received=name,
            expected='names; put a name such as "No" in quotes',
        )
    if is_mapping:
        return {str(old): str(new) for old, new in columns.items()}
    return [str(name) for name in columns]


@dataclass
class FetchConfig:
    """The settings of `pipeline.fetch`."""

    source: Source = MISSING
