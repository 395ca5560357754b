"""Packs image files into one array, and gathers what is wrong with them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from statistics import median

from pipeline.config.source import Source
from pipeline.data import pictures
from pipeline.data.arrays import ArrayWriter, array_writer
from pipeline.data.headers import counted, named
from pipeline.errors import DataError, require

_MOST_NAMES = 5  # of files in a message
_MOST_SIZES = 3
_LONGEST_ADVISED = 128  # pixels
_LARGEST_GUESSED = 4 << 30  # bytes

Shape = list[int]


@dataclass(frozen=True)
class ImageFile:
    """An image file: its name in errors, and its path."""

    name: str
    path: Path


@dataclass
class Packing:
    """What happened to the image files of a source so far.

    Args:
        skips: whether files that are not images are left out, instead of an error.
        unreadable: why files are not readable as images, by name.
        changes: how many images were changed, by what was done.
    """

    shape: Shape
    skips: bool
    notes: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def writers(self, folder: Path, names: Sequence[str]) -> Iterator[dict[str, ArrayWriter]]:
        """Opens an array next to each CSV file. At the end, every image must have been readable."""
        with ExitStack() as stack:
            yield {
                name: stack.enter_context(array_writer(array_of(folder / name), self.shape))
                for name in names
            }
        self._require_readable()

    def add(self, file: ImageFile, writer: ArrayWriter) -> bool:
        """Writes an image. Returns whether it is one."""
        try:
            picture = pictures.load(file.path)
        except DataError as error:
            self.unreadable[file.name] = str(error.received)
            return False
        image = picture.image
        writer.add(pictures.fitted(image, self.shape))
        height, width, channels = self.shape
        self.changes["of several frames: the first one is used"] += picture.frames > 1
        self.changes["with transparent parts: they become white"] += picture.is_transparent
        self.changes["in colour: they become grey"] += image.mode == "RGB" and channels == 1
        self.changes["in grey: they get three equal channels"] += (
            image.mode == "L" and channels == 3
        )
        self.changes[f"of another size: resized to {width} by {height} pixels"] += image.size != (
            width,
            height,
        )
        return True

    def all_notes(self) -> list[str]:
        """What was done without a setting."""
        changes = [f"{counted(n, 'image')} {what}" for what, n in self.changes.items() if n]
        left_out = [f"left out: {_listed(self.unreadable)}"] if self.unreadable else []
        return [*self.notes, *changes, *left_out]

    def _require_readable(self) -> None:
        if self.unreadable and not self.skips:
            raise unreadable_error(self.unreadable)


def check_shape(source: Source) -> None:
    """Raises `ConfigError` unless image files can have the shape of the settings."""
    require(
        source.image_shape is None or source.image_shape[2] in (1, 3),
        "source.image_shape",
        received=source.image_shape,
        expected="[height, width, channels] with 1 channel for grey or 3 for colours",
    )


def array_of(table: Path) -> Path:
    """The array of pixels next to a CSV file."""
    return table.with_suffix(".npy")


def packing_of(source: Source, files: Sequence[ImageFile], *, place: str) -> Packing:
    """Prepares to pack image files. All become images of one shape.

    Args:
        place: the folder or file in errors.

    Raises:
        DataError: the images have several sizes and the settings name none, or none can be read.
    """
    if source.image_shape is not None:
        return Packing(list(source.image_shape), source.skip_damaged)
    shapes, unreadable = _surveyed(files)
    if not shapes:
        raise unreadable_error(unreadable)
    sizes: Counter[tuple[int, int]] = Counter()
    for (height, width, _), count in shapes.items():
        sizes[height, width] += count
    channels = max(channels for _, _, channels in shapes)
    if len(sizes) == 1:
        (size,) = sizes
        shape = [*size, channels]
        needed = len(files) * prod(shape)
        if needed <= _LARGEST_GUESSED:
            note = f"image_shape: {shape}, because all images have this size"
            return Packing(shape, source.skip_damaged, [note])
    advice = _advised(sizes, channels)
    raise DataError(
        f"{place}: {_sizes(sizes)}",
        received=", ".join(
            f"{width} by {height} pixels ({counted(count, 'image')})"
            for (height, width), count in sizes.most_common(_MOST_SIZES)
        )
        + (f" and {len(sizes) - _MOST_SIZES:,} other sizes" if len(sizes) > _MOST_SIZES else ""),
        expected=f"Set image_shape: {advice} in the source's settings, or "
        "another [height, width, channels]. Each image is then resized to it"
        + _damage(files, source),
        advised={"image_shape": advice},
    )


def unreadable_error(unreadable: dict[str, str]) -> DataError:
    """The error of files that are not images."""
    return DataError(
        f"{counted(len(unreadable), 'file')} cannot be read as an image",
        received=_listed(unreadable),
        expected="Replace or remove these files. To leave them out, set skip_damaged: true in "
        "the source's settings",
    )


def _surveyed(files: Sequence[ImageFile]) -> tuple[Counter[tuple[int, int, int]], dict[str, str]]:
    """Counts the shapes of images, and says why other files are unreadable."""
    shapes: Counter[tuple[int, int, int]] = Counter()
    unreadable = {}
    for file in files:
        try:
            shapes[pictures.shape_of(file.path)] += 1
        except DataError as error:
            unreadable[file.name] = str(error.received)
    return shapes, unreadable


def _sizes(sizes: Counter[tuple[int, int]]) -> str:
    if len(sizes) > 1:
        return f"the images have {len(sizes):,} sizes"
    return f"the images would take more than {_LARGEST_GUESSED >> 30} GiB"


def _advised(sizes: Counter[tuple[int, int]], channels: int) -> Shape:
    """The median size, or smaller with the same proportions."""
    height, width = (
        median([size[side] for size, count in sizes.items() for _ in range(count)])
        for side in (0, 1)
    )
    factor = min(1.0, _LONGEST_ADVISED / max(height, width))
    return [max(1, round(height * factor)), max(1, round(width * factor)), channels]


def _damage(files: Sequence[ImageFile], source: Source) -> str:
    """What a second error would say: the files that are not images."""
    if source.skip_damaged:
        return ""
    unreadable = {}
    for file in files:
        try:
            pictures.load(file.path)
        except DataError as error:
            unreadable[file.name] = str(error.received)
    if not unreadable:
        return ""
    fault = unreadable_error(unreadable)
    return f". {fault.what}: {fault.received}. {fault.expected}"


def _listed(unreadable: dict[str, str]) -> str:
    return named([f"{name} ({reason})" for name, reason in unreadable.items()], _MOST_NAMES)
