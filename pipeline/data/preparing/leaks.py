"""Leaks: columns that give the target away."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.data.preparing.inputs import Inputs
from pipeline.data.preparing.splits import Rows, Splits

_MOST_ROWS = 10_000
_FEWEST_ROWS = 20
_ALMOST_ALL = 0.995
_ALMOST_EXACT = 0.9999
_MOST_COLUMNS = 100
_LEAVES = 20


def remarks_on_leaks(
    inputs: Inputs,
    y: NDArray[np.generic],
    splits: Splits,
    *,
    is_class: bool,
    target: str = "the target",
) -> Iterator[str]:
    """Names the columns that predict the target almost perfectly, each by itself or in a sum.

    A simple rule is fitted to training rows and measured on validation rows. For classes, it is a
    tree with at most 20 leaves, or the commonest class of each level. For a quantity, it is a
    straight line, or the same order as the column.

    Args:
        y: one target, shape (rows,).
        target: its name in remarks.
    """
    train, validation = splits.train[:_MOST_ROWS], splits.validation[:_MOST_ROWS]
    if len(validation) < _FEWEST_ROWS or len(inputs.features) > _MOST_COLUMNS:
        return
    used = np.concatenate([train, validation])
    train, validation = np.split(np.arange(len(used)), [len(train)])
    columns = {name: _as_numbers(inputs, name)[used] for name in inputs.features}
    y = y[used]
    sure = [
        name
        for name, x in columns.items()
        if (
            _line_is_exact(x[:, None], y, train, validation) or _orders_agree(x, y, validation)
            if not is_class
            else _tree_is_sure(x[:, None], y, train, validation)
            if name in inputs.numeric
            else _levels_are_sure(x, y, train, validation)
        )
    ]
    if sure:
        listed = ", ".join(sure)
        yield (
            f"{listed} {'predicts' if len(sure) == 1 else 'each predict'} {target} almost "
            "perfectly. If a column is known only after the target, list it under data.drop"
        )
    elif not is_class and len(columns) > 1:
        x = np.column_stack(list(columns.values()))
        if _line_is_exact(x, y, train, validation):
            yield (
                f"a weighted sum of the columns gives {target} almost exactly. If they are known "
                "only after it, list them under data.drop"
            )


def _as_numbers(inputs: Inputs, name: str) -> NDArray[np.float64]:
    if name in inputs.numeric:
        values = inputs.number(name)
        finite = values[np.isfinite(values)]
        return np.where(np.isfinite(values), values, np.median(finite) if len(finite) else 0.0)
    levels = inputs.categorical[name]
    number = {level: float(index) for index, level in enumerate(sorted(levels.counts))}
    return np.array([number.get(text, 0.0) for text in levels.texts])[levels.numbers]


def _tree_is_sure(
    x: NDArray[np.float64], y: NDArray[np.generic], train: Rows, validation: Rows
) -> bool:
    from sklearn.tree import DecisionTreeClassifier

    if not _is_meaningful(y, train, validation):
        return False
    tree = DecisionTreeClassifier(max_leaf_nodes=_LEAVES, random_state=0).fit(x[train], y[train])
    return bool(np.mean(tree.predict(x[validation]) == y[validation]) >= _ALMOST_ALL)


def _levels_are_sure(
    levels: NDArray[np.float64], y: NDArray[np.generic], train: Rows, validation: Rows
) -> bool:
    """Whether the commonest class of each level is almost always right."""
    if not _is_meaningful(y, train, validation):
        return False
    classes = np.asarray(y, dtype=np.int64)
    counts = np.zeros((int(levels.max()) + 1, int(classes.max()) + 1))
    np.add.at(counts, (levels[train].astype(np.int64), classes[train]), 1)
    predicted = counts.argmax(axis=1)[levels[validation].astype(np.int64)]
    return bool(np.mean(predicted == classes[validation]) >= _ALMOST_ALL)


def _is_meaningful(y: NDArray[np.generic], train: Rows, validation: Rows) -> bool:
    """Whether sure predictions are informative: classes repeat, and none has almost all rows."""
    if 2 * len(np.unique(y[train])) > len(train):
        return False
    commonest = np.bincount(np.asarray(y[validation], dtype=np.int64)).max() / len(validation)
    return bool(commonest <= 1 - 2 * (1 - _ALMOST_ALL))


def _orders_agree(x: NDArray[np.float64], y: NDArray[np.generic], validation: Rows) -> bool:
    """Whether the target only grows, or only falls, with a column, as with its own logarithm."""
    from scipy.stats import spearmanr

    if len(np.unique(x[validation])) < _FEWEST_ROWS:
        return False
    return bool(abs(spearmanr(x[validation], y[validation]).statistic) >= _ALMOST_EXACT)


def _line_is_exact(
    x: NDArray[np.float64], y: NDArray[np.generic], train: Rows, validation: Rows
) -> bool:
    scale = x[train].std(axis=0)
    used = (x[:, scale > 0] - x[train].mean(axis=0)[scale > 0]) / scale[scale > 0]
    design = np.column_stack([used, np.ones(len(x))])
    truth = np.asarray(y, dtype=np.float64)
    if len(train) <= design.shape[1]:
        return False
    weights = np.linalg.lstsq(design[train], truth[train], rcond=None)[0]
    errors = truth[validation] - design[validation] @ weights
    spread = np.sum((truth[validation] - truth[validation].mean()) ** 2)
    return bool(spread > 0 and 1 - np.sum(errors**2) / spread >= _ALMOST_EXACT)
