"""The rows of a script: arrays in memory, as a data variant and its source."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from pipeline.adopting.bundled import Images
from pipeline.adopting.datasets import in_order
from pipeline.adopting.network import Layer
from pipeline.adopting.outputs import joined
from pipeline.adopting.refusal import AdoptionError

Array = NDArray[Any]

_MOST_COLUMNS = 1_000
_MOST_VALUES = 30_000_000
_ALMOST = 1e-3  # a column that the script has standardised
_DIGITS = 9
_TOLERANCE = 1e-4
_SHARE = 0.2
_SEED = 42
_FEWEST = 10  # a truth table has no rows to spare
_INFINITE = -1  # the cardinality of a dataset with `repeat`


@dataclass
class Rows:
    """Features and targets of some rows.

    Args:
        x: float or integer, `(rows, …)`.
        y: class numbers or numbers, `(rows,)`; several numbers or labels, `(rows, targets)`.
        weights: the weight of each row in the loss, `(rows,)`; None if all count the same.
        names: the names of the columns, if the script has any.
        targets: the names of the columns of `y`, if the script has any.
    """

    x: Array
    y: Array
    weights: Array | None = None
    names: list[str] | None = None
    targets: list[str] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def part(self, rows: Any) -> "Rows":
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, x=self.x[rows], y=self.y[rows], weights=weights)


def rows_of(
    what: str, x: Any, y: Any = None, weights: Any = None, *, outputs: Sequence[str] = ()
) -> tuple[Rows, int | None]:
    """Reads what a script gives to `fit`.

    Args:
        what: names it in messages.
        weights: of the rows.
        outputs: the names of the network's outputs.

    Returns:
        The rows, and the size of a batch if `x` is a dataset in batches.

    Raises:
        AdoptionError: they are not arrays of numbers, such as a generator or several inputs.
    """
    batch = None
    if type(x).__name__.endswith("Dataset") and hasattr(x, "as_numpy_iterator"):
        x, y, weights, batch = _of_dataset(in_order(x))
    if isinstance(x, dict | list | tuple) and not _is_numbers(x):
        raise AdoptionError(
            "the network takes several inputs",
            received=f"{type(x).__name__} of {len(x)} as {what}",
            expected="Join them into one array, then adopt the script again",
        )
    if isinstance(weights, Mapping | list | tuple) and len(outputs) > 1:
        raise AdoptionError(
            "the outputs have weights of their own for each row",
            received=f"{type(weights).__name__} as the weights of {what}",
            expected="Give sample_weight one array, then adopt the script again",
        )
    y, targets = joined(what, y, outputs)
    if y is None or not _is_numbers(x) or not _is_numbers(y):
        raise AdoptionError(
            "fit gets no arrays of numbers",
            received=f"{type(x).__name__} and {type(y).__name__} as {what}",
            expected="Give fit NumPy arrays, DataFrames, tensors or a tf.data.Dataset",
        )
    names = [str(name) for name in x.columns] if hasattr(x, "columns") else None
    if targets is None and getattr(y, "name", None) is not None:
        targets = [str(y.name)]
    elif targets is None and hasattr(y, "columns"):
        targets = [str(name) for name in y.columns]
    features, truth = np.asarray(x), np.asarray(y)
    if features.dtype == object:
        features = features.astype(np.float64)
    if lacking := int((~np.isfinite(features)).sum()):
        raise AdoptionError(
            "features have missing or infinite values",
            received=f"{lacking:,} values",
            expected="Fill them in the script, or describe the file itself "
            "(docs/your-own-csv.md): missing values are then filled for you",
        )
    if len(features) != len(truth):
        raise AdoptionError(
            "features and targets have different numbers of rows",
            received=f"{len(features):,} and {len(truth):,}",
        )
    weights = None if weights is None else np.asarray(weights, np.float64).ravel()
    return Rows(features, truth, weights, names, targets), batch


def _is_numbers(value: Any) -> bool:
    try:
        array = np.asarray(value)
        if array.dtype == object:
            array = array.astype(np.float64)
    except (ValueError, TypeError):
        return False
    return array.dtype.kind in "biuf" and array.ndim >= 1


def _of_dataset(data: Any) -> tuple[Any, Any, Any, int]:
    """The rows of a dataset in batches, read once: features, targets, weights and batch size."""
    if int(data.cardinality()) == _INFINITE:
        raise AdoptionError(
            "the dataset has no end",
            received="a tf.data.Dataset with repeat()",
            expected="Remove repeat(), then adopt the script again",
        )
    spec = data.element_spec
    if not isinstance(spec, tuple) or len(spec) not in (2, 3) or isinstance(spec[0], dict | tuple):
        raise AdoptionError(
            "the dataset does not hold pairs of features and targets",
            received=str(spec)[:200],
            expected="Yield (features, target)",
        )
    batches = list(data.as_numpy_iterator())
    x, y, *weights = (_concatenated(parts) for parts in zip(*batches, strict=True))
    return x, y, weights[0] if weights else None, len(batches[0][0])


def _concatenated(parts: Sequence[Any]) -> Any:
    """The batches of one array, or of the arrays of several outputs."""
    first = parts[0]
    if isinstance(first, Mapping):
        return {name: np.concatenate([part[name] for part in parts]) for name in first}
    if isinstance(first, tuple):
        return [np.concatenate(own) for own in zip(*parts, strict=True)]
    return np.concatenate(parts)


@dataclass
class Prepared:
    """A source and a data variant.

    Args:
        rows: the number of training rows.
        source: the settings of the source; None for one that the project has.
        data: the settings of the data variant.
        front: layers that turn the columns or pixels of the project into the numbers of the script.
        pixel_range: of images.
        classes: the names of the classes of images.
        write: writes the file of the source.
    """

    data: dict[str, Any]
    front: list[Layer]
    rows: int
    source: dict[str, Any] | None = None
    pixel_range: list[float] | None = None
    classes: list[str] | None = None
    write: Callable[[Path], None] | None = None


def of_bundled(
    images: Images, train: Rows, validation: Rows | None, tail: int, missing: list[str]
) -> Prepared | None:
    """The data variant of a data set that Keras ships; None if the rows are not a block of it.

    Args:
        tail: the number of last training rows that `validation_split` takes.
        missing: receives what is lost.
    """
    total, count = len(images.train), len(train)
    starts = [start for start in {0, total - count} if start >= 0]
    start = next((one for one in starts if _is_block(images, train, one)), None)
    if start is None:
        return None
    scale = _affine(images.train[start : start + count], train.x)
    if scale is None:
        return None
    front, pixel_range = scale
    if train.weights is not None:
        missing.append(f"sample_weight; the images of {images.source} have no column of weights")
    rest = total - count
    if tail:
        split: dict[str, Any] = {"method": "last", "validation": tail}
    elif rest and validation is not None and len(validation) == rest:
        split = {"method": "last" if start == 0 else "first", "validation": rest}
    elif rest:
        return None
    else:
        size = len(images.test)
        split = {"method": "last", "validation": size}
        missing.append(
            f"all {total:,} training rows: the last {size:,} are for validation, because the test "
            "rows are for testing only"
        )
    data = {"source": images.source, "task": "classification", "target": "label", "split": split}
    rows = total - split["validation"]
    return Prepared(data, front, rows, pixel_range=pixel_range, classes=images.classes)


def _is_block(images: Images, train: Rows, start: int) -> bool:
    return bool(np.array_equal(images.labels[start : start + len(train)], train.y))


def _affine(pixels: Array, x: Array) -> tuple[list[Layer], list[float]] | None:
    """How a script computed its numbers from pixels: layers before the network, and the range."""
    if pixels.size != x.size:
        return None
    raw = pixels.reshape(-1, pixels.shape[-1])
    values = x.reshape(raw.shape)
    lows, highs = [], []
    for channel in range(raw.shape[1]):
        column, made = raw[:, channel], values[:, channel]
        low, high = int(column.argmin()), int(column.argmax())
        span = float(column[high]) - float(column[low])
        if not span:
            return None
        slope = (float(made[high]) - float(made[low])) / span
        offset = float(made[low]) - slope * float(column[low])
        if slope <= 0 or not np.allclose(
            made, slope * column.astype(np.float32) + offset, atol=_TOLERANCE * max(1, 255 * slope)
        ):
            return None
        lows.append(_rounded(offset))
        highs.append(_rounded(offset + 255 * slope))
    layers: list[Layer] = []
    pixel_range = [lows[0], highs[0]]
    if len(set(lows)) > 1 or len(set(highs)) > 1:
        pixel_range = [0.0, 1.0]
        scale = [_rounded(high - low) for low, high in zip(lows, highs, strict=True)]
        layers.append({"class_name": "Rescaling", "scale": scale, "offset": lows})
    if x.shape[1:] != pixels.shape[1:]:
        layers.append(_reshape(x.shape[1:]))
    return layers, pixel_range


def _reshape(shape: tuple[int, ...]) -> Layer:
    if len(shape) == 1:
        return {"class_name": "Flatten"}
    return {"class_name": "Reshape", "target_shape": list(shape)}


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def of_arrays(
    file: str,
    train: Rows,
    validation: Rows | None,
    test: Rows | None,
    *,
    task: str,
    missing: list[str],
) -> Prepared:
    """A data variant of arrays. The rows of each split become one block of a file.

    Args:
        file: the path of the file, relative to the root of the project.
        missing: receives what is lost.

    Raises:
        AdoptionError: the arrays are too large for a table.
    """
    columns = int(np.prod(train.x.shape[1:]))
    if columns > _MOST_COLUMNS or columns * len(train) > _MOST_VALUES:
        raise AdoptionError(
            "the arrays are too large for a table",
            received=f"{len(train):,} rows of {columns:,} numbers",
            expected=f"At most {_MOST_COLUMNS:,} columns. Adopt images of keras.datasets.mnist and "
            "cifar10 after: python -m pipeline.fetch mnist",
        )
    if validation is None and test is None and len(train) < _FEWEST:
        blocks = [train]
        split: dict[str, Any] = {"method": "whole"}
        missing.append(
            f"rows of their own for validation and testing: all {len(train)} are for each"
        )
    else:
        train, validation, test = _parted(train, validation, test, missing)
        blocks = [test, validation, train]
        split = {"method": "first", "test": len(test), "validation": len(validation)}
    names = train.names or [f"x{number}" for number in range(1, columns + 1)]
    targets = _targets(train, task, names)
    target: str | list[str] = targets if len(targets) > 1 else targets[0]
    data: dict[str, Any] = {"task": task, "target": target, "numeric": names}
    if task == "regression":
        data["standardize_target"] = False
    weighted = any(part.weights is not None for part in blocks)
    if weighted:
        data["sample_weight"] = _free("sample_weight", [*names, *targets])
    data["split"] = split
    front: list[Layer] = []
    flat = train.x.reshape(len(train), columns).astype(np.float64)
    mean, scale = flat.mean(axis=0), flat.std(axis=0)
    scale[scale == 0] = 1
    if abs(mean).max() > _ALMOST or abs(scale - 1).max() > _ALMOST:
        front.append(
            {
                "class_name": "Rescaling",
                "scale": [_rounded(one) for one in scale],
                "offset": [_rounded(one) for one in mean],
            }
        )
    if train.x.ndim > 2:
        front.append(_reshape(train.x.shape[1:]))

    def write(path: Path) -> None:
        x = np.concatenate([part.x.reshape(len(part), -1) for part in blocks])
        y = np.concatenate([part.y for part in blocks])
        table = {column: pa.array(x[:, number]) for number, column in enumerate(names)}
        table |= {
            column: pa.array(values)
            for column, values in zip(targets, y.reshape(len(y), -1).T, strict=True)
        }
        if weighted:
            weights = [
                np.ones(len(part)) if part.weights is None else part.weights for part in blocks
            ]
            table[data["sample_weight"]] = pa.array(np.concatenate(weights))
        parquet.write_table(pa.table(table), path)

    return Prepared(data, front, len(train), source={"path": file}, write=write)


def _targets(train: Rows, task: str, taken: Sequence[str]) -> list[str]:
    """The names of the columns of the targets."""
    count = int(np.prod(train.y.shape[1:]))
    names = train.targets or []
    if len(names) != count:
        name = "target" if task == "regression" else "label"
        names = [name] if count == 1 else [f"{name}_{number}" for number in range(1, count + 1)]
    return [_free(name, taken) for name in names]


def _free(name: str, taken: Sequence[str]) -> str:
    """A name for a column that the table does not have yet."""
    return name if name not in taken else _free(f"{name}_", taken)


def _parted(
    train: Rows, validation: Rows | None, test: Rows | None, missing: list[str]
) -> tuple[Rows, Rows, Rows]:
    """Gives each split rows of its own.

    Args:
        missing: receives what differs from the script.
    """
    if validation is not None and test is not None and not _are_equal(validation, test):
        return train, validation, test
    shared = validation if validation is not None else test
    if shared is not None and len(shared) > 1:
        missing.append(_parting(validation, test, len(shared)))
        return train, shared.part(slice(0, None, 2)), shared.part(slice(1, None, 2))
    missing.append(
        f"all {len(train):,} training rows: the script has no rows for validation and testing, so "
        f"{_SHARE:.0%} are for testing, and {_SHARE:.0%} of the others for validation"
    )
    order = np.random.default_rng(_SEED).permutation(len(train))
    tested = max(1, int(_SHARE * len(order)))
    validated = tested + max(1, int(_SHARE * (len(order) - tested)))
    parts = order[validated:], order[tested:validated], order[:tested]
    own, validation, test = (train.part(np.sort(part)) for part in parts)
    return own, validation, test


def _parting(validation: Rows | None, test: Rows | None, rows: int) -> str:
    """The reason why every second row changes its split."""
    if test is None:
        return (
            f"validation on all {rows:,} rows: every second one is for testing, because the script "
            "tests on no others"
        )
    if validation is None:
        return (
            f"a test on all {rows:,} rows: every second one is for validation, because the script "
            "validates on no others"
        )
    return (
        f"the same {rows:,} rows for validation and testing: every second one is for each, because "
        "a model is not tested on rows that chose it"
    )


def _are_equal(one: Rows, other: Rows) -> bool:
    return np.array_equal(one.x, other.x) and np.array_equal(one.y, other.y)
