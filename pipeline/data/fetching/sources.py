"""Fetches a source: CSV files and `provenance.json` in `data/raw/<source>`.

Pixels of image files are in arrays next to the CSV files. The folder appears only when it is
complete. `provenance.json` holds no time, so that fetching a source twice gives the same bytes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.config.source import FORMATS, File, Source
from pipeline.data.fetching.download import Place, first_of
from pipeline.data.formats import Contents, SourceFile
from pipeline.errors import DataError, FetchError, PipelineError
from pipeline.files import replacing_folder, sha256, write_sealed
from pipeline.layout import RAW
from pipeline.redaction import without_password


def fetch(source: Source, *, root: Path = RAW, mirror: str | None = None) -> dict[str, Any]:
    """Writes the folder `root/<source>` and returns its `provenance.json`.

    Args:
        mirror: a folder or a URL that holds `<source>/<file>`. It is tried before the URLs.

    Raises:
        FetchError: a file is not available, or does not match its sha256.
        DataError: a file does not match its format.
        PipelineError: a file on this machine is missing.
    """
    source_format = FORMATS.load(source.format, key="source.format")
    with replacing_folder(root / source.name) as folder:
        # Within `folder`, so that nothing is left if the process is killed.
        with TemporaryDirectory(dir=folder) as work:
            files = list(_files(source, Path(work), mirror))
            contents = source_format.read(source, files, folder)
            provenance = _provenance(source, folder, files, contents)
        write_sealed(folder / "provenance.json", provenance)
    return provenance


def _provenance(
    source: Source, folder: Path, files: list[SourceFile], contents: Contents
) -> dict[str, Any]:
    if source.target is not None and source.target not in contents.columns:
        raise DataError(
            f"conf/source/{source.name}.yaml: target is not a column of the data",
            received=source.target,
            expected=f"Columns: {', '.join(contents.columns[:20])}",
        )
    holds_images = bool(source.image_shape or source.pixels or contents.file_column)
    if not files:
        files = [SourceFile(source.name, folder / "data.csv", contents.origin)]
    return {
        "source": source.name,
        "format": source.format,
        "downloads": [
            {"name": file.name, "from": file.origin} | _facts_of(file.path) for file in files
        ],
        "files": {
            name: {"rows": rows}
            | _size_and_digest(folder / name)
            | ({"places": contents.places[name]} if contents.places.get(name) else {})
            for name, rows in contents.rows.items()
        },
        "columns": contents.columns,
        "target": source.target,
        "image_shape": contents.image_shape or source.image_shape,
        "pixels": source.pixels,
        "file_column": contents.file_column,
        "split_column": contents.split_column,
        "pixel_maximum": source.pixel_maximum if holds_images else None,
        "classes": contents.classes or source.classes or None,
        "delimiter": "fixed_width" if source.fixed_width else source.delimiter,
        "decimal": source.decimal,
        "thousands": source.thousands,
        "notes": contents.notes,
    }


def _size_and_digest(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256(path)}


def _facts_of(path: Path) -> dict[str, Any]:
    """The size and digest of a file, or of all files in a folder with their names."""
    if not path.is_dir():
        return _size_and_digest(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(path).as_posix()}\0{sha256(file)}\n".encode())
    size = sum(file.stat().st_size for file in files)
    return {"files": len(files), "bytes": size, "sha256": digest.hexdigest()}


def _files(source: Source, work: Path, mirror: str | None) -> Iterator[SourceFile]:
    """Yields each file that the source is read from.

    Downloads it into `work` if needed.
    """
    if source.path is not None:
        yield from _local(source, source.path)
        return
    groups = [source.files] if source.alternatives else [[file] for file in source.files]
    for group in groups:
        names = " or ".join(f"{source.name}/{file.name}" for file in group)
        place = first_of(list(_places(source.name, group, mirror)), work, mirror_path=names)
        is_test = place.name.split(".")[0] == "test"
        yield SourceFile(place.name, work / place.name, without_password(place.at), is_test)


def _local(source: Source, path: str) -> Iterator[SourceFile]:
    if source.is_pattern and not Path(path).expanduser().is_file():
        paths = _matches(Path(path).expanduser())
        if not paths:
            raise PipelineError(
                f"conf/source/{source.name}.yaml: path matches no file",
                received=path,
                expected="Give a pattern that is absolute, or relative to the repository's root",
            )
        yield from (SourceFile(match.name, match, str(match)) for match in paths)
        return
    yield _local_file(source, "path", path)
    if source.test_path is not None:
        test = _local_file(source, "test_path", source.test_path)
        yield replace(test, is_test=True)


def _matches(pattern: Path) -> list[Path]:
    """The files that match a pattern, sorted by path."""
    folder = Path(pattern.anchor)
    paths = folder.glob(str(pattern.relative_to(folder)))
    return sorted(path for path in paths if path.is_file())


def _local_file(source: Source, key: str, name: str) -> SourceFile:
    path = Path(name).expanduser()
    if path.is_dir() and source.format == "folders":
        return SourceFile(path.name, path, name.rstrip("/"))
    if not path.is_file():
        of_images = "If it is a folder of images, set format: folders"
        raise PipelineError(
            f"conf/source/{source.name}.yaml: {key} does not name a file",
            received=name,
            expected=of_images
            if path.is_dir()
            else "Give a path that is absolute, or relative to the repository's root",
        )
    if key == "path" and source.sha256 is not None and source.sha256 != (digest := sha256(path)):
        raise FetchError(
            f"{path} does not match the sha256 in conf/source/{source.name}.yaml",
            received=digest,
            expected=f"Expected: {source.sha256}",
        )
    return SourceFile(path.name, path, name)


def _places(source_name: str, files: list[File], mirror: str | None) -> Iterator[Place]:
    """Yields the places of the files: first all on the mirror, then all URLs."""
    if mirror:
        for file in files:
            yield Place(file.name, f"{mirror.rstrip('/')}/{source_name}/{file.name}", file.sha256)
    for file in files:
        for url in file.urls:
            yield Place(file.name, url, file.sha256)
