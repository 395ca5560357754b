"""A CSV file that lists image files with their labels, and the folder of the images."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from pipeline.config.source import IMAGE_SETTINGS, Source
from pipeline.data.cells import quoted
from pipeline.data.formats import Contents, SourceFile, _tables, csv
from pipeline.data.formats._packing import ImageFile, array_of, check_shape, packing_of
from pipeline.data.headers import named
from pipeline.data.pictures import SUFFIXES
from pipeline.data.rectangle import Record, Rectangle
from pipeline.errors import DataError, require, suggestion

SETTINGS = (*csv.SETTINGS, *IMAGE_SETTINGS)

_LOOKED_AT = 100  # rows that show which column names image files


def check(source: Source) -> None:
    """Checks that the CSV file and the images are in one folder, so that DVC can watch both."""
    for key in ("path", "images"):
        require(
            getattr(source, key) is not None,
            f"source.{key}",
            received="none",
            expected="the CSV file in path, and the folder of the images in images",
        )
    require(
        source.own_files not in (None, ".", "/"),
        "source.images",
        received=source.images,
        expected="a folder next to the CSV file. Put both into one folder, such as "
        "photos/labels.csv and photos/images",
    )
    for key in ("classes", "pixels"):
        require(
            not getattr(source, key),
            f"source.{key}",
            received=getattr(source, key),
            expected="no value, because format: image_list reads image files",
        )
    check_shape(source)


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes the rows of the CSV and the pixels of the images: `data.csv` and `data.npy`.

    With `test_path`, both are written for `train` and `test`.

    Raises:
        DataError: no column names image files, or a file is not an image.
    """
    root = Path(str(source.images)).expanduser()
    if not root.is_dir():
        raise DataError(
            f"conf/source/{source.name}.yaml: images does not name a folder",
            received=source.images,
            expected="Give a path that is absolute, or relative to the repository's root",
        )
    column = _image_column(csv.table_of(source, files[0]), source, root, files[0].origin)
    listed = [
        _image(cells[table.columns.index(column)], root)
        for table in (csv.table_of(source, file) for file in files)
        for _, cells in table.rows
    ]
    packing = packing_of(source, listed, place=str(source.images))
    has_test = any(file.is_test for file in files)
    names = {False: "train.csv", True: "test.csv"} if has_test else {False: "data.csv"}
    with packing.writers(folder, list(names.values())) as writers:

        def packed(file: SourceFile) -> Rectangle:
            table = csv.table_of(source, file)
            position = table.columns.index(column)
            writer = writers[names[file.is_test]]

            def rows() -> Iterator[Record]:
                for line, cells in table.rows:
                    if packing.add(_image(cells[position], root), writer):
                        yield line, cells

            return replace(table, rows=rows())

        contents = _tables.write(files, folder, packed)
    arrays = {array_of(Path(name)).name: rows for name, rows in contents.rows.items()}
    notes = [] if source.image_column else [f"{column} names the image files"]
    return replace(
        contents,
        rows=contents.rows | arrays,
        notes=[*contents.notes, *notes, *packing.all_notes()],
        image_shape=packing.shape,
        file_column=column,
    )


def _image_column(table: Rectangle, source: Source, root: Path, origin: str) -> str:
    """The column that names image files: the one of the settings, or the first that does."""
    rows = [cells for _, cells in islice(table.rows, _LOOKED_AT)]
    if source.image_column is not None:
        if source.image_column in table.columns:
            return source.image_column
        raise DataError(
            f"{origin} has no column {source.image_column}",
            received=f"the columns {named(table.columns)}",
            expected=f"image_column: {suggestion(source.image_column, table.columns)}",
        )
    counts = {
        name: sum(_image(cells[position], root).path.is_file() for cells in rows)
        for position, name in enumerate(table.columns)
    }
    best = max(table.columns, key=lambda name: counts[name])
    if counts[best]:
        return best
    example = quoted(rows[0][0])
    raise DataError(
        f"{origin}: no column names files in {source.images}",
        received=f"{example} in column {table.columns[0]}",
        expected="Set images to the folder that the names start from, or image_column to the "
        "column of the names, in the source's settings",
    )


def _image(cell: str, root: Path) -> ImageFile:
    """The file that a cell names, with or without its ending."""
    name = cell.strip()
    path = root / name
    if name and not path.is_file():
        endings = (root / f"{name}{suffix}" for suffix in SUFFIXES)
        path = next((file for file in endings if file.is_file()), path)
    return ImageFile(str(path), path)
