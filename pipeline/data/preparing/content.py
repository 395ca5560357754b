"""All rows of a data variant, before they are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.card import ColumnCard
from pipeline.data.prepared import Table
from pipeline.data.preparing.encoding import EncodedRows
from pipeline.data.preparing.goal import Goal
from pipeline.data.preparing.images import Images
from pipeline.data.preparing.nearness import Mask
from pipeline.data.preparing.rows import SourceRows
from pipeline.data.preparing.splits import Rows
from pipeline.data.tables import TextTable


@dataclass(frozen=True)
class Content:
    """All rows of a data variant. Those of the source's own test split come last.

    Args:
        x: the features or pixels of each row.
        likes: rows with the same number are equal in their features.
        near: takes the numbers of training rows and of others. Says which others nearly equal a
            training row.
        most_pairs: how many pairs of rows `near` compares; None for all.
        weights: the weight of each row; None if all count the same.
        leaks: remarks on columns that give the target away.
        described: what the columns of a table hold.
        file_targets: by target, the value of each row of the file to split, even of unused rows.
    """

    goal: Goal
    x: NDArray[Any] | EncodedRows
    likes: Rows
    near: Callable[[Rows, Rows], Mask]
    file_targets: dict[str, NDArray[Any]]
    most_pairs: int | None = None
    table: Table | None = None
    text: TextTable | None = None
    leaks: list[str] = field(default_factory=list)
    source: SourceRows | None = None
    described: Mapping[str, ColumnCard] = field(default_factory=dict)
    images: Images | None = None
    weights: NDArray[np.float32] | None = None
