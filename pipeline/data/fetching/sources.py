"""From a source's settings to `data/raw/<source>/`: CSV files and where their bytes come from.

The folder is made whole or not at all. Archives lie in a folder within it until it is done, so nothing is left behind.
`provenance.json` holds no time: the same source gives the same bytes each time.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.config.source import IDX_FILES, File, Format, Source
from pipeline.data.fetching.download import Place, first_of, without_password
from pipeline.data.formats import sklearn as bundled
from pipeline.errors import DataError, FetchError, PipelineError
from pipeline.files import replacing_folder, sha256, write_json
from pipeline.layout import RAW


@dataclass(frozen=True)
class Download:
    """A file that was had: `origin` is the URL, the path or the package it comes from."""

    name: str
    origin: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class _Made:
    """What a format's reader wrote into the folder."""

    downloads: list[Download]
    columns: list[str]
    rows: dict[str, int]


def fetch(source: Source, *, root: Path = RAW, mirror: str | None = None) -> dict[str, Any]:
    """Makes `root/<source>` with its CSV files and `provenance.json`, whose content is returned.

    Args:
        mirror: a folder or a URL that holds `<source>/<file>`, tried before the publishers' URLs.

    Raises:
        FetchError: bytes cannot be had or are not the pinned ones.
        DataError: the bytes are not what their format says.
        PipelineError: a local file is missing.
    """
    makers: dict[Format, Callable[[Source, Path, Path, str | None], _Made]] = {
        Format.csv: _csv,
        Format.idx: _idx,
        Format.cifar10: _cifar10,
        Format.sklearn: _sklearn,
        Format.rows: _rows,
    }
    with replacing_folder(root / source.name) as folder:
        with TemporaryDirectory(dir=folder) as work:
            made = makers[source.format](source, folder, Path(work), mirror)
        provenance = _provenance(source, folder, made)
        write_json(folder / "provenance.json", provenance)
    return provenance


def _provenance(source: Source, folder: Path, made: _Made) -> dict[str, Any]:
    if source.target is not None and source.target not in made.columns:
        raise DataError(
            f"conf/source/{source.name}.yaml: target is not a column of the data",
            received=source.target,
            expected=f"Columns: {', '.join(made.columns[:20])}",
        )
    return {
        "source": source.name,
        "format": source.format.value,
        "downloads": [
            {"name": each.name, "from": each.origin, "sha256": each.sha256, "bytes": each.bytes}
            for each in made.downloads
        ],
        "files": {
            name: {
                "rows": rows,
                "bytes": (folder / name).stat().st_size,
                "sha256": sha256(folder / name),
            }
            for name, rows in made.rows.items()
        },
        "columns": made.columns,
        "target": source.target,
        "image_shape": source.image_shape,
        "pixel_maximum": source.pixel_maximum if source.image_shape else None,
        "classes": source.classes or None,
    }


def _idx(source: Source, folder: Path, work: Path, mirror: str | None) -> _Made:
    from pipeline.data.fetching import pixels
    from pipeline.data.formats import idx

    downloads = _downloaded(source, work, mirror)
    shape = source.image_shape or []
    columns = pixels.columns_of(str(source.target), math.prod(shape))
    rows = {}
    for part, (images, labels) in IDX_FILES.items():
        records = idx.read(
            work / images, work / labels, shape=tuple(shape[:2]), classes=len(source.classes)
        )
        rows[part] = pixels.write_csv(folder / part, columns, records)
    return _Made(downloads, columns, rows)


def _cifar10(source: Source, folder: Path, work: Path, mirror: str | None) -> _Made:
    from pipeline.data.fetching import pixels
    from pipeline.data.formats import cifar10

    (download,) = _downloaded(source, work, mirror)
    cifar10.unpack(work / download.name, work)
    columns = pixels.columns_of(str(source.target), math.prod(source.image_shape or []))
    rows = {}
    for part, names in (("train.csv", cifar10.TRAIN), ("test.csv", cifar10.TEST)):
        records = cifar10.read(work, names, classes=len(source.classes))
        rows[part] = pixels.write_csv(folder / part, columns, records)
    return _Made([download], columns, rows)


def _csv(source: Source, folder: Path, work: Path, mirror: str | None) -> _Made:
    from pipeline.data.tables import normalise

    if source.path is not None:
        path, download = _local(source)
    else:
        (download,) = _downloaded(source, work, mirror)
        path = work / download.name
    columns, rows = normalise(
        path,
        folder / "data.csv",
        shown_as=download.origin,
        delimiter=source.delimiter,
        header=source.header,
        columns=source.columns,
    )
    return _Made([download], columns, {"data.csv": rows})


def _sklearn(source: Source, folder: Path, _work: Path, _mirror: str | None) -> _Made:
    (columns, rows), origin = bundled.load(str(source.dataset))
    return _written(folder, columns, rows, name=str(source.dataset), origin=origin)


def _rows(source: Source, folder: Path, _work: Path, _mirror: str | None) -> _Made:
    return _written(
        folder,
        source.columns,
        source.rows,
        name=source.name,
        origin=f"conf/source/{source.name}.yaml",
    )


def _written(
    folder: Path, columns: list[str], rows: Sequence[Sequence[Any]], *, name: str, origin: str
) -> _Made:
    path = folder / "data.csv"
    count = bundled.write_csv(path, columns, rows)
    return _Made([_download(name, origin, path)], columns, {path.name: count})


def _download(name: str, origin: str, path: Path) -> Download:
    return Download(name, origin, sha256(path), path.stat().st_size)


def _local(source: Source) -> tuple[Path, Download]:
    path = Path(str(source.path)).expanduser()
    if not path.is_file():
        raise PipelineError(
            f"conf/source/{source.name}.yaml: there is no file at path",
            received=source.path,
            expected="Expected: a CSV file, absolute or from the repository's root",
        )
    download = _download(path.name, str(source.path), path)
    if source.sha256 not in (None, download.sha256):
        raise FetchError(
            f"{path} has not the sha256 of its pin",
            received=download.sha256,
            expected=f"Expected: {source.sha256}",
        )
    return path, download


def _downloaded(source: Source, work: Path, mirror: str | None) -> list[Download]:
    """Has each of the source's files, or the first that can be had of its alternatives, put into `work`."""
    groups = [source.files] if source.alternatives else [[file] for file in source.files]
    downloads = []
    for group in groups:
        wanted = " or ".join(f"{source.name}/{file.name}" for file in group)
        place = first_of(list(_places(source.name, group, mirror)), work, wanted=wanted)
        downloads.append(_download(place.name, without_password(place.at), work / place.name))
    return downloads


def _places(source_name: str, files: list[File], mirror: str | None) -> Iterator[Place]:
    """The mirror for each of the files, before any publisher."""
    if mirror:
        for file in files:
            yield Place(file.name, f"{mirror.rstrip('/')}/{source_name}/{file.name}", file.sha256)
    for file in files:
        for url in file.urls:
            yield Place(file.name, url, file.sha256)
