"""Feature functions of the user's own: numbers of a row from columns of a table.

A function is called with symbolic tensors of Keras, so it becomes operations of Keras. `prepare`
computes the feature with them, and the saved model contains them. So both agree, and the saved
model needs no code of the user.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError, PipelineError
from pipeline.own import loading, reading
from pipeline.own.closure import closure_of
from pipeline.own.references import Reference, reference

Numbers = NDArray[np.float64]

_ALONE = 8  # rows that are also computed one by one
_EXPECTED = (
    "Write it with keras.ops or plain operators: keras.ops.where in place of if, and "
    "keras.ops.equal in place of =="
)
_functions: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True)
class FeatureFunction:
    """A function that computes one feature.

    Args:
        name: such as `my_features.py:bmi`.
        arguments: those that the settings give.
        code: determines what it does: digests of its files and of files that arguments name, and
            versions of packages.
    """

    name: str
    arguments: dict[str, Any]
    code: dict[str, dict[str, str]]

    @property
    def reference(self) -> Reference:
        """The function that it names."""
        module, _, name = self.name.partition(":")
        return Reference(module, name)

    @property
    def files(self) -> list[str]:
        """The files of the repository that it needs."""
        return [*self.code["files"], *self.code["data"]]


def feature_function(
    name: str, arguments: Mapping[str, Any], *, key: str, base: Path = Path()
) -> FeatureFunction:
    """Describes a function and its code, as it is now. Nothing is imported.

    Args:
        key: the setting that names it.

    Raises:
        ConfigError: a file is missing or invalid.
    """
    closure = closure_of([reference(name, key=key, base=base)], key=key, base=base)
    code = {**closure.identity, "data": reading.named_files(arguments)}
    return FeatureFunction(name, dict(arguments), code)


def require_current(functions: Iterable[FeatureFunction], *, data: str) -> None:
    """Checks that data were prepared with the code that the repository has.

    Args:
        data: the name of the data variant.

    Raises:
        PipelineError: the code is missing, or has changed since.
    """
    for function in functions:
        now = feature_function(function.name, function.arguments, key=_key(data))
        if now != function:
            raise PipelineError(
                f"the code of {function.name} has changed since {data} was prepared",
                received=", ".join(_changes(function, now)),
                expected=f"Prepare the data again with: dvc repro prepare@{data}",
            )


def _key(data: str) -> str:
    return f"conf/data/{data}.yaml: functions"


def _changes(before: FeatureFunction, now: FeatureFunction) -> list[str]:
    """The files and packages with other code."""
    old, new = (
        {name: digest for part in one.code.values() for name, digest in part.items()}
        for one in (before, now)
    )
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def import_all(functions: Iterable[FeatureFunction]) -> None:
    """Imports functions and keeps them, because their files may be edited later."""
    for function in functions:
        _function(function)


def _function(function: FeatureFunction) -> Callable[..., Any]:
    key = json.dumps([str(Path().resolve()), asdict(function)], sort_keys=True)
    if key not in _functions:
        _functions[key] = loading.load(function.reference, key="data.functions")
    return _functions[key]


def column(function: FeatureFunction, columns: Sequence[Any]) -> Any:
    """Applies a function to symbolic columns of a model.

    Args:
        columns: float64 `(rows, 1)`.

    Returns:
        The feature as float64 `(rows, 1)`.

    Raises:
        ConfigError: the function fails, or does not return a number for each row.
    """
    from keras import ops

    values = _trace(function, [ops.squeeze(one, axis=1) for one in columns])
    return ops.expand_dims(ops.cast(values, "float64"), axis=1)


def _trace(function: FeatureFunction, columns: Sequence[Any]) -> Any:
    import keras

    result = _call(function, columns)
    if not isinstance(result, keras.KerasTensor) or tuple(result.shape) != (None,):
        shape = getattr(result, "shape", None)
        raise ConfigError(
            "data.functions",
            f"names a function that does not return one number for each row: {function.name}",
            received=f"{type(result).__name__}{'' if shape is None else f' of shape {shape}'}",
            expected=f"It must return a tensor of shape (rows,). {_EXPECTED}",
        )
    return result


def _call(function: FeatureFunction, columns: Sequence[Any]) -> Any:
    try:
        # What the code prints goes to stderr, because stdout is for results.
        with contextlib.redirect_stdout(sys.stderr), reading.watching() as files:
            result = _function(function)(*columns, **function.arguments)
    except PipelineError:
        raise
    except Exception as error:
        raise ConfigError(
            "data.functions",
            f"names a function that fails: {function.name}",
            received=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            f"{loading.place_of(error)}",
            expected=f"It is called with {len(columns)} symbolic tensors of shape (rows,) and "
            f"dtype float64. {_EXPECTED}",
        ) from error
    if missing := sorted(map(str, files - set(map(Path, function.code["data"])))):
        raise ConfigError(
            "data.functions",
            f"names a function that reads a file without naming it: {function.name}",
            received=", ".join(missing),
            expected="Pass the path in arguments, so that an edit of the file prepares again",
        )
    return result


def values(function: FeatureFunction, columns: Sequence[Numbers]) -> Numbers:
    """Computes a feature of all rows.

    Args:
        columns: float64 `(rows,)`. NaN is a missing value.

    Returns:
        Float64 `(rows,)`. A value that is not finite is missing.

    Raises:
        ConfigError: the function fails, does not return a number for each row, or the value of a
            row depends on the other rows.
    """
    import keras

    with keras.device("cpu:0"):
        inputs = [keras.Input((), dtype="float64") for _ in columns]
        model = keras.Model(inputs, _trace(function, inputs))
        try:
            result = _compute(model, columns)
            alone = [
                _compute(model, [one[row : row + 1] for one in columns])[0]
                for row in range(min(_ALONE, len(result)))
            ]
        except Exception as error:
            raise ConfigError(
                "data.functions",
                f"names a function that fails: {function.name}",
                received=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}",
                expected=_EXPECTED,
            ) from error
        where = "in a table of one row"
        advice = (
            "A saved model may compute one row at a time, so leave out statistics of other rows"
        )
        _require_equal(function, columns, result, alone, where=where, advice=advice)
        where, others = "outside of a model", _eager(function, columns)
        _require_equal(function, columns, result, others, where=where, advice=_EXPECTED)
    return result


def _compute(model: Any, columns: Sequence[Numbers]) -> Numbers:
    from keras import ops

    tensors = [ops.convert_to_tensor(one) for one in columns]
    return np.asarray(ops.convert_to_numpy(model(tensors)), dtype=np.float64)


def _eager(function: FeatureFunction, columns: Sequence[Numbers]) -> list[float]:
    """The values of the first rows without a model; none if the function runs only in a model.

    Both can differ: `==` gives False for symbolic tensors, and is correct for others.
    """
    from keras import ops

    try:
        result = _call(function, [ops.convert_to_tensor(one[:_ALONE]) for one in columns])
        return [float(value) for value in ops.convert_to_numpy(result)]
    except (ConfigError, TypeError, ValueError):  # TensorFlow itself does not convert dtypes
        return []


def _require_equal(
    function: FeatureFunction,
    columns: Sequence[Numbers],
    result: Numbers,
    others: Sequence[float],
    *,
    where: str,
    advice: str,
) -> None:
    for row, other in enumerate(others):
        if not np.isclose(result[row], other, rtol=1e-9, atol=0, equal_nan=True):
            arguments = ", ".join(f"{one[row]:g}" for one in columns)
            raise ConfigError(
                "data.functions",
                f"names a function that gives a row another value {where}: {function.name}",
                received=f"{result[row]:g} and {other:g} for ({arguments})",
                expected=advice,
            )
