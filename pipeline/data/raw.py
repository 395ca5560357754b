"""Raw data: the files and `provenance.json` that `fetch` wrote for a source."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np

from pipeline.data import tables
from pipeline.data.places import Origins
from pipeline.data.tables import TextTable
from pipeline.errors import DataError
from pipeline.files import distrust, read_json, read_sealed, sha256


@dataclass(frozen=True)
class Raw:
    """A fetched source. Its files hold the bytes that `fetch` wrote.

    Args:
        target: the column to predict, if the source defines one.
        image_shape: (height, width, channels) of images; None for a table, or if it is to be
            guessed from the number of pixels.
        pixels: the columns of the pixels as the settings name them.
        file_column: the column that names the image file of each row, if the pixels are in arrays
            next to the CSV files.
        split_column: the column that says which rows are for training and which for validation.
        pixel_maximum: pixels are integers from 0 to this number.
        classes: the names of the classes of images, by number; may be empty.
        rows: the number of rows of each CSV file.
        digests: the sha256 of each file.
        delimiter: the character between two cells of the source's files, if its settings name one;
            `fixed_width` if columns have fixed positions.
        decimal: the decimal sign of numbers if the source sets one.
        thousands: the sign between the thousands of numbers if the source sets one.
        places: for each file, the rows at which the line numbers in the source's own files jump:
            their number from 0, their file and their line.
        notes: what `fetch` did without a setting, such as leaving out blank lines.
    """

    folder: Path
    columns: list[str]
    target: str | None
    image_shape: tuple[int, int, int] | None
    pixel_maximum: int
    classes: list[str]
    rows: dict[str, int]
    digests: dict[str, str]
    pixels: str | list[str] | None = None
    file_column: str | None = None
    split_column: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    places: dict[str, list[tuple[int, str, int]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def train(self) -> Path:
        """The file to split: `train.csv` if there is a `test.csv`, else `data.csv`."""
        return self.folder / ("train.csv" if "test.csv" in self.rows else "data.csv")

    @property
    def test(self) -> Path | None:
        """The file of the source's own test split, if it has one."""
        return self.folder / "test.csv" if "test.csv" in self.rows else None

    @property
    def holds_images(self) -> bool:
        return bool(self.image_shape or self.pixels)

    def read(self, path: Path, *, without: Collection[str] = ()) -> TextTable:
        """Reads a file, with the lines of its rows in the files that people know.

        Args:
            without: columns that are not read.

        Raises:
            DataError: the file is damaged, or a column differs from those of the source.
        """
        self.check_columns(path, tables.columns_of(path))
        text = tables.read(path, without=without)
        return replace(text, origins=self.origins(path, text.origins))

    def origins(self, path: Path, rows: Sequence[tuple[Path, int]]) -> Sequence[tuple[Path, int]]:
        """For each row of a file, its line in the file that people know, for errors.

        Args:
            rows: the lines in the file of this package, returned if no others are known.
        """
        places = self.places.get(path.name, [])
        if not places:
            return rows
        starts, files, lines = zip(*places, strict=True)
        number = np.arange(len(rows))
        place = np.searchsorted(starts, number, side="right") - 1
        line = np.array(lines)[place] + number - np.array(starts)[place]
        return Origins(tuple(map(Path, files)), place.astype(np.int16), line[:, None])

    def check_columns(self, path: Path, columns: Sequence[str]) -> None:
        """Checks that a file has the columns of the source, in the same order.

        Raises:
            DataError: a column differs.
        """
        pairs = zip_longest(columns, self.columns, fillvalue="nothing")
        for number, (received, expected) in enumerate(pairs, start=1):
            if received != expected:
                raise DataError(
                    f"{path}, line 1: column {number} differs from that of the source",
                    received=received,
                    expected=f"Expected: {expected}",
                )


def open_raw(folder: Path) -> Raw:
    """Reads the facts about a fetched source, and checks the digest of every file.

    Raises:
        PipelineError: the source has not been fetched.
        DataError: a file is missing or was changed.
    """
    command = f"python -m pipeline.fetch {folder.name}"
    facts = read_json(folder / "provenance.json", made_by=command)
    if "sha256" in facts:  # an earlier version of this package wrote none
        facts = read_sealed(folder / "provenance.json", made_by=command)
    for name, file in facts["files"].items():
        _check_bytes(folder / name, file["sha256"], command)
    shape = facts["image_shape"]
    return Raw(
        folder=folder,
        columns=facts["columns"],
        target=facts["target"],
        image_shape=tuple(shape) if shape else None,
        pixel_maximum=facts["pixel_maximum"] or 255,
        classes=facts["classes"] or [],
        rows={name: file["rows"] for name, file in facts["files"].items() if name.endswith(".csv")},
        digests={name: file["sha256"] for name, file in facts["files"].items()},
        pixels=facts.get("pixels"),
        file_column=facts.get("file_column"),
        split_column=facts.get("split_column"),
        delimiter=facts.get("delimiter"),
        decimal=facts.get("decimal"),
        thousands=facts.get("thousands"),
        places={name: file.get("places", []) for name, file in facts["files"].items()},
        notes=tuple(facts.get("notes", ())),
    )


def _check_bytes(path: Path, expected: str, command: str) -> None:
    if not path.is_file():
        raise DataError(f"{path} is missing", expected=f"Make it with: {command}")
    received = sha256(path)
    if received != expected:
        distrust(path)
        raise DataError(
            f"{path} was changed after fetch wrote it",
            received=f"sha256 {received[:12]}…",
            expected=f"Expected: sha256 {expected[:12]}…; make the file again with: {command}",
        )
