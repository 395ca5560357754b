"""Answers of a model for the rows of a CSV file or for images, written as CSV."""

import argparse
import csv
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from pipeline.console import log
from pipeline.data import csv_files
from pipeline.data.csv_files import Layout, require_delimiter
from pipeline.data.decoding import require_encoding
from pipeline.data.pictures import SUFFIXES
from pipeline.data.rectangle import Header, Record, Rectangle
from pipeline.errors import DataError, PipelineError, suggestion
from pipeline.files import replacing
from pipeline.models.outputs import BATCH
from pipeline.serving import loading, pictures
from pipeline.serving.inputs import Inputs, inputs_of
from pipeline.serving.predictor import Predictor
from pipeline.serving.unseen import UnseenLabels

_ENDINGS = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"

_PAUSE = 10  # seconds between two lines of progress


@dataclass(frozen=True)
class Block:
    """Some rows: the value that identifies each, and their inputs."""

    ids: list[str]
    inputs: Inputs


def answer(options: argparse.Namespace) -> None:
    """Writes the answers of a model as CSV.

    Args:
        options: those of `pipeline.predict`.

    Raises:
        PipelineError: an option or the file is invalid, or a row has no prediction. All other rows
            have theirs.
    """
    images = _images(options.rows)
    model = loading.load(options.model)
    if images:
        blocks, id_column = _blocks_of_images(model, images), "file"
    else:
        path, id_column = options.rows[0], options.id_column
        require_delimiter("--delimiter", options.delimiter)
        require_encoding("--encoding", options.encoding)
        layout = Layout(options.encoding, options.delimiter, header=Header(is_present=True))
        blocks = _blocks_of_csv(model, path, id_column=id_column, layout=layout)
    unseen = UnseenLabels(model.card)
    with _opened(options.output) as file:
        reported = _with_progress(_counted(blocks, unseen), options.model)
        rows, without = write(model, reported, file, id_column=id_column)
    for line in unseen.lines():
        log(f"warning: {line}")
    log(f"{options.model}: {rows - without:,} of {rows:,} rows predicted")
    if without:
        raise PipelineError(f"{without:,} of {rows:,} rows have no prediction")


def _images(paths: Sequence[Path]) -> list[Path]:
    """The image files among the arguments, and those below folders. None for a CSV file.

    Raises:
        PipelineError: the arguments are neither images nor one CSV file, or a folder has no image.
    """
    if len(paths) == 1 and not paths[0].is_dir() and not _is_image(paths[0]):
        return []
    images: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = sorted(file for file in path.rglob("*") if file.is_file() and _is_image(file))
            if not below:
                raise PipelineError(
                    f"{path} holds no image", expected=f"Expected: files that end in {_ENDINGS}"
                )
            images += below
        elif _is_image(path):
            images.append(path)
        else:
            raise PipelineError(
                "predict takes one CSV file, or images",
                received=" ".join(map(str, paths)),
                expected=f"Name one CSV file, or folders and files that end in {_ENDINGS}",
            )
    return images


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _counted(blocks: Iterator[Block], unseen: UnseenLabels) -> Iterator[Block]:
    """Passes blocks on, and counts their labels that training never saw."""
    for block in blocks:
        unseen.add(block.inputs)
        yield block


def _with_progress(blocks: Iterator[Block], name: str) -> Iterator[Block]:
    """Passes blocks on, and says from time to time how many rows are done."""
    began = last = time.monotonic()
    rows = 0
    for block in blocks:
        yield block
        rows += block.inputs.rows
        now = time.monotonic()
        if now - last >= _PAUSE:
            log(f"{name}: {rows:,} rows predicted, {rows / (now - began):,.0f} rows/s")
            last = now


def write(
    model: Predictor, blocks: Iterator[Block], file: TextIO, *, id_column: str | None
) -> tuple[int, int]:
    """Writes the answers as CSV, one block after the other.

    Returns:
        The number of rows, and of those without an answer.
    """
    writer = csv.writer(file, lineterminator="\n")
    rows = without = 0
    for block in blocks:
        for problem in block.inputs.problems.values():
            log(f"warning: {problem}")
        answers = model.answers(model.outputs_of(block.inputs.values))
        if not rows:
            writer.writerow([*([id_column] if id_column else []), *answers])
        for row in range(block.inputs.rows):
            bad = row in block.inputs.problems
            values = ["" if bad else column[row] for column in answers.values()]
            writer.writerow([*([block.ids[row]] if id_column else []), *values])
        rows += block.inputs.rows
        without += len(block.inputs.problems)
    return rows, without


def _blocks_of_csv(
    model: Predictor, path: Path, *, id_column: str | None, layout: Layout
) -> Iterator[Block]:
    bad: list[DataError] = []
    table = _table(path, layout, bad)
    names = table.columns
    if id_column is not None and id_column not in names:
        raise PipelineError(
            f"--id-column names a column that {path} does not have",
            received=id_column,
            expected=suggestion(id_column, names),
        )
    while rows := list(islice(table.rows, BATCH)):
        yield _block(model, path, names, rows, bad, id_column)
        bad.clear()
    for note in table.notes:
        log(f"{path}: note: {note}")


def _table(path: Path, layout: Layout, bad: list[DataError]) -> Rectangle:
    try:
        return csv_files.read(path, name=str(path), layout=layout, on_bad_row=bad.append)
    except DataError as error:
        if "the source's settings" not in error.expected:
            raise
        advice = f"{error.expected}. Here these are the options --delimiter and --encoding"
        raise DataError(error.what, received=error.received, expected=advice) from None


def _block(
    model: Predictor,
    path: Path,
    names: list[str],
    rows: Sequence[Record],
    bad: Sequence[DataError],
    id_column: str | None,
) -> Block:
    """The inputs of some rows of a CSV file. `bad` holds the errors of rows without cells."""
    lines = [line for line, _ in rows]
    cells = [own or [""] * len(names) for _, own in rows]
    columns = dict(zip(names, map(list, zip(*cells, strict=True)), strict=True))
    inputs = inputs_of(model.card, columns, place=lambda row: f"{path}, line {lines[row]}")
    empty = [number for number, (_, own) in enumerate(rows) if not own]
    inputs.problems.update(zip(empty, bad, strict=True))
    return Block(columns[id_column] if id_column else [], inputs)


def _blocks_of_images(model: Predictor, paths: Sequence[Path]) -> Iterator[Block]:
    pixels = model.card.pixels
    if pixels is None:
        raise PipelineError(
            "the model was trained on a table",
            received=str(paths[0]),
            expected="Name a CSV file",
        )
    for start in range(0, len(paths), BATCH):
        chosen = paths[start : start + BATCH]
        values = np.zeros((len(chosen), *pixels.shape), pixels.dtype)
        problems = {}
        for row, path in enumerate(chosen):
            try:
                values[row] = pictures.read(path, pixels)
            except DataError as error:
                problems[row] = error
        yield Block([str(path) for path in chosen], Inputs(values, len(chosen), problems))


@contextmanager
def _opened(output: Path | None) -> Iterator[Any]:
    """Stdout, or a file that is written whole or not at all."""
    if output is None:
        yield sys.stdout
        return
    with replacing(output) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        yield file
