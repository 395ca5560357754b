"""Images in folders: the name of a folder is the class of the images in it.

`photos/cat/1.jpg`, or `photos/train/cat/1.jpg` with folders for splits above the classes. An
archive of such folders is unpacked first. The classes are sorted by name.
"""

import math
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.config.source import IMAGE_SETTINGS, Source
from pipeline.config.split import USUAL_NAMES
from pipeline.data import tables
from pipeline.data.formats import Contents, SourceFile
from pipeline.data.formats._packing import ImageFile, array_of, check_shape, packing_of
from pipeline.data.headers import counted, named
from pipeline.data.pictures import SUFFIXES
from pipeline.errors import DataError, require

SETTINGS = tuple(key for key in IMAGE_SETTINGS if key == "skip_damaged")

LABEL, FILE, SPLIT = "label", "file", "split"
_FAULTS = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
_OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True)
class _Image:
    label: str
    split: str
    file: Path


def check(source: Source) -> None:
    """Checks that a source is one folder, or one archive of a folder."""
    require(
        source.file_count == 1,
        "source",
        received=", ".join(file.name for file in source.files) or "no folder",
        expected="one folder or archive, named by path or url",
    )
    for key in ("columns", "target", "classes", "pixels"):
        require(
            not getattr(source, key),
            f"source.{key}",
            received=getattr(source, key),
            expected="no value, because format: folders takes the classes from the folders",
        )
    check_shape(source)


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv` and `data.npy`, or both for `train` and `test`.

    The columns are `label`, `file` and, if there is a folder of validation images, `split`.

    Raises:
        DataError: there are no folders of classes, or a file is not an image.
    """
    (source_file,) = files
    with _unpacked(source_file, folder) as top:
        notes: list[str] = []
        top = _descended(top, source_file.origin, notes)
        images = _images(top, source_file.origin, notes)
        return _packed(images, top, source, folder, source_file.origin, notes)


def _packed(
    images: list[_Image],
    top: Path,
    source: Source,
    folder: Path,
    origin: str,
    notes: list[str],
) -> Contents:
    def named_file(image: _Image) -> ImageFile:
        return ImageFile(f"{origin}/{image.file.relative_to(top).as_posix()}", image.file)

    packing = packing_of(source, [named_file(image) for image in images], place=origin)
    splits = {image.split for image in images}
    has_validation = "validation" in splits
    columns = [LABEL, FILE, *([SPLIT] if has_validation else [])]
    parts = {"train.csv": False, "test.csv": True} if "test" in splits else {"data.csv": False}
    rows: dict[str, int] = {}
    labels = set()
    with packing.writers(folder, list(parts)) as writers:
        for name, is_test in parts.items():
            packed = [
                image
                for image in images
                if (image.split == "test") == is_test
                if packing.add(named_file(image), writers[name])
            ]
            cells = (
                [image.label, image.file.relative_to(top).as_posix(), image.split][: len(columns)]
                for image in packed
            )
            count = tables.write_texts(folder / name, columns, cells)
            rows |= {name: count, array_of(Path(name)).name: count}
            labels |= {image.label for image in packed}
    return Contents(
        columns,
        rows,
        notes=[*notes, *packing.all_notes()],
        image_shape=packing.shape,
        classes=sorted(labels, key=_in_order),
        file_column=FILE,
        split_column=SPLIT if has_validation else None,
    )


@contextmanager
def _unpacked(source_file: SourceFile, folder: Path) -> Iterator[Path]:
    """The folder of a source. An archive is unpacked until the block ends."""
    if source_file.path.is_dir():
        yield source_file.path
        return
    with TemporaryDirectory(dir=folder) as work:
        try:
            # Neither way of unpacking writes outside of the folder.
            if zipfile.is_zipfile(source_file.path):
                shutil.unpack_archive(source_file.path, work, "zip")
            else:
                with tarfile.open(source_file.path) as archive:
                    archive.extractall(work, filter="data")
        except _FAULTS as error:
            raise DataError(
                f"{source_file.origin} is not an archive that can be unpacked",
                received=error,
                expected="Expected: a folder, or a .zip, .tar.gz, .tgz or .tar.xz file",
            ) from None
        yield Path(work)


def _descended(top: Path, origin: str, notes: list[str]) -> Path:
    """The folder of the classes. A single folder around them is not a class."""
    inner = top
    while len(folders := _folders(inner)) == 1 and not _files(inner) and _folders(folders[0]):
        inner = folders[0]
    if inner != top:
        notes.append(f"the classes are in {origin}/{inner.relative_to(top).as_posix()}")
    return inner


def _images(top: Path, origin: str, notes: list[str]) -> list[_Image]:
    """The images below a folder, sorted by split, class and name."""
    folders = _folders(top)
    by_split = {folder: USUAL_NAMES.get(folder.name.lower(), "") for folder in folders}
    if "train" in by_split.values():
        others = [folder.name for folder, split in by_split.items() if not split]
        splits = [folder.name for folder, split in by_split.items() if split]
        if others:
            raise DataError(
                f"{origin}: folders of splits and other folders are mixed",
                received=f"{named(splits)} next to {named(others)}",
                expected="Move the other folders away. If train is a class, rename it",
            )
        images = [
            image
            for folder, split in by_split.items()
            for image in _of_split(folder, split, origin, notes)
        ]
    else:
        images = list(_of_classes(folders, "train"))
    stray = [file.name for file in _files(top)]
    if stray:
        notes.append(f"left out, because in no folder of a class: {named(stray, 5)}")
    labels = sorted({image.label for image in images})
    if len(labels) < 2:
        received = f"images of one class, {labels[0]}" if labels else "no folder with images"
        if not labels and any(_is_picture(file) for file in _files(top)):
            received = "images without folders"
        raise DataError(
            f"{origin} has no folders of two or more classes",
            received=received,
            expected="Put the images of each class into a folder of its name. If a CSV file "
            "names the classes, set path to it, and images to the folder of the images",
        )
    return images


def _of_split(folder: Path, split: str, origin: str, notes: list[str]) -> Iterator[_Image]:
    """The images of a folder such as `train`."""
    classes, files = _folders(folder), _files(folder)
    if not classes and split == "test" and files:
        notes.append(
            f"{folder.name} has no folders of classes, so it holds no test rows. Predict them "
            f"with: python -m pipeline.predict <experiment> {origin}/{folder.name}"
        )
    elif not classes or any(map(_is_picture, files)):
        raise DataError(
            f"{origin}/{folder.name} holds no folders of classes"
            if not classes
            else f"{origin}/{folder.name} holds images outside the folders of classes",
            received=counted(len(files), "file"),
            expected="Put the images of each class into a folder of its name",
        )
    yield from _of_classes(classes, split)


def _of_classes(folders: Sequence[Path], split: str) -> Iterator[_Image]:
    for folder in folders:
        files = [file for file in folder.rglob("*") if file.is_file() and not _is_hidden(file)]
        for file in sorted(files, key=lambda file: file.relative_to(folder).as_posix()):
            yield _Image(folder.name, split, file)


def _in_order(name: str) -> tuple[float, str]:
    """The sort key of a name: numbers by their values, then other names."""
    return (float(name) if name.isdecimal() else math.inf, name)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _is_hidden(path))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not _is_hidden(path))


def _is_hidden(path: Path) -> bool:
    """Whether a system made the file or folder, such as `.DS_Store`."""
    return path.name.startswith(".") or path.name.lower() in _OF_SYSTEMS


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES
