"""Prepares a data variant: writes its arrays to `data/prepared/<data>`.

Rows are split first; statistics are fitted on training rows only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data, Task
from pipeline.config.split import SplitMethod
from pipeline.config.values import to_values
from pipeline.data.prepared import WEIGHTS, Digest, Meta
from pipeline.data.preparing import remarks
from pipeline.data.preparing.card import card_of, image_card_of
from pipeline.data.preparing.content import Content
from pipeline.data.preparing.image_content import image_content
from pipeline.data.preparing.order import is_sorted_by_class, is_sorted_by_number
from pipeline.data.preparing.overlap import overlap
from pipeline.data.preparing.table_content import table_content
from pipeline.data.raw import Raw, open_raw
from pipeline.errors import ConfigError
from pipeline.files import digests_below, replacing_folder
from pipeline.layout import PREPARED, RAW


def prepare(data: Data, *, raw_root: Path = RAW, root: Path = PREPARED) -> Meta:
    """Writes the arrays and facts of a data variant to `root / data.name`.

    Equal inputs give equal bytes. After an error, the folder is as it was before.

    Raises:
        PipelineError: the settings or the data are invalid.
    """
    raw = open_raw(raw_root / data.source)
    _check_rows(raw, data)
    chosen = _with_usual_column(data, raw)
    content = image_content(raw, chosen) if raw.holds_images else table_content(raw, chosen)
    content.goal.statistics.update(_examined(raw, chosen, content))
    with replacing_folder(root / data.name) as folder:
        digests = {
            split: _write_split(folder / split, content, rows)
            for split, rows in content.goal.splits.items()
        }
        _write_card(folder, raw, chosen, content)
        meta = _meta(data, raw, content, digests, digests_below(folder))
        meta.save(folder)
    return meta


def _with_usual_column(data: Data, raw: Raw) -> Data:
    """The settings, with the source's own column of splits unless they name another one."""
    if raw.split_column is None or data.split.method is not None:
        return data
    return replace(data, split=replace(data.split, column=raw.split_column))


def _check_rows(raw: Raw, data: Data) -> None:
    rows = raw.rows[raw.train.name]
    if data.rows is not None and data.rows > rows:
        raise ConfigError(
            "data.rows",
            f"is more than the rows of {raw.train}",
            received=data.rows,
            expected=f"Expected: at most {rows:,}",
        )


def _examined(raw: Raw, data: Data, content: Content) -> dict[str, Any]:
    """The rows that splits share, and remarks on what may make results misleading."""
    goal = content.goal
    lines = [
        *_remarks_on_order(data, content.file_targets),
        *remarks.of_classes(goal.statistics.get("classes", {})),
        *remarks.of_labels(goal.statistics.get("labels", {})),
        *remarks.of_sizes(data, goal.splits, drawn_test=raw.test is None),
        *content.leaks,
    ]
    if data.split.method is SplitMethod.whole:
        return {"remarks": lines}
    shared = overlap(
        goal.splits,
        copies=goal.copies,
        likes=content.likes,
        near=content.near,
        most_pairs=content.most_pairs,
    )
    rows = {split: len(numbers) for split, numbers in goal.splits.items()}
    lines += remarks.of_overlap(shared, rows, data, drawn_test=raw.test is None)
    return {"overlap": shared, "remarks": lines}


def _remarks_on_order(data: Data, file_targets: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    is_sorted = is_sorted_by_number if data.task is Task.regression else is_sorted_by_class
    for name, target in file_targets.items():
        yield from remarks.of_order(
            data,
            name,
            whole_file=is_sorted(target),
            used_rows=is_sorted(target[: data.rows]),
            rows=len(target),
        )


def _write_split(folder: Path, content: Content, rows: NDArray[np.int64]) -> str:
    """Writes one split and returns its digest."""
    folder.mkdir()
    digest = Digest()
    digest.save(folder / "x.npy", content.x, rows)
    digest.save(folder / "y.npy", content.goal.y, rows)
    if content.weights is not None:
        digest.save(folder / WEIGHTS, content.weights, rows)
    if content.text is not None:
        content.text.write(folder / "rows.csv", rows)
    return digest.text


def _write_card(folder: Path, raw: Raw, data: Data, content: Content) -> None:
    """Writes the data card."""
    statistics = content.goal.statistics
    rows = {split: len(rows) for split, rows in content.goal.splits.items()}
    notes = [*raw.notes, *statistics["remarks"]]
    if content.images is not None:
        images = content.images
        card = image_card_of(data, raw, images, rows=rows, notes=[*images.notes, *notes])
        statistics["notes"] = [*images.notes, *card.lines_of_columns()]
    elif content.source is not None:
        card = card_of(
            data,
            content.source,
            content.described,
            columns=raw.columns,
            rows=rows,
            table=content.table,
            unseen=statistics["unseen_levels"],
            notes=notes,
        )
        statistics["notes"] = list(card.lines_of_columns())
    card.save(folder)


def _meta(
    data: Data, raw: Raw, content: Content, digests: dict[str, str], files: dict[str, str]
) -> Meta:
    goal = content.goal
    return Meta(
        name=data.name,
        source=data.source,
        task=data.task.value,
        config=to_values(data),
        shape=list(content.x.shape[1:]),
        dtype=content.x.dtype.name,
        targets=goal.targets,
        classes=goal.classes,
        pixel_maximum=content.images.maximum if content.images else None,
        pixel_columns=content.images.columns if content.images else None,
        table=content.table,
        statistics=goal.statistics,
        rows={split: len(rows) for split, rows in goal.splits.items()},
        digests=digests,
        files=files,
        source_digests=raw.digests,
    )
