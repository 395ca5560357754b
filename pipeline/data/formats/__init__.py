"""Data formats: one module each, named as in `source.format`.

Each module defines two functions, and may list the settings of files that it uses in `SETTINGS`:

- `check(source)` raises `ConfigError` if the settings of a source do not suit the format.
- `read(source, files, folder)` writes the rows of the source into `folder` and returns `Contents`.
  It writes `data.csv`, or `train.csv` and `test.csv` if the source has a test split of its own.
  A format of image files writes their pixels next to each CSV file, such as `data.npy`.
"""

from dataclasses import dataclass, field
from pathlib import Path

Place = tuple[int, str, int]  # a row, its file, the line on which it begins


@dataclass(frozen=True)
class SourceFile:
    """A file that a source is read from.

    Args:
        path: its place on disk. A downloaded file is in a temporary folder.
        origin: the URL, path or package that it comes from.
        is_test: whether it holds the source's own test rows.
    """

    name: str
    path: Path
    origin: str
    is_test: bool = False


@dataclass(frozen=True)
class Contents:
    """What a format wrote.

    Args:
        columns: the columns of each CSV file.
        rows: the number of rows in each file, by the file's name.
        origin: the source of rows that no file holds, such as `scikit-learn 1.7.0`.
        notes: what was done without a setting, such as leaving out blank lines.
        places: for each CSV file, the rows at which the line numbers jump: their number from 0,
            their file and their line. Empty if they are too many.
        image_shape: height, width and channels of the images in arrays.
        classes: the names of the classes, if they are names of folders.
        file_column: the column that names the image file of each row, if there are arrays.
        split_column: the column that says which rows are for training and which for validation.
    """

    columns: list[str]
    rows: dict[str, int]
    origin: str = ""
    notes: list[str] = field(default_factory=list)
    places: dict[str, list[Place]] = field(default_factory=dict)
    image_shape: list[int] | None = None
    classes: list[str] = field(default_factory=list)
    file_column: str | None = None
    split_column: str | None = None
