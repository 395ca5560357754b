"""Reads the constructors of optimizers from their source.

Importing Keras would take seconds.
"""

import ast
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Signature:
    """The class of an optimizer, and its arguments with their defaults."""

    class_name: str
    defaults: dict[str, Any]


@cache
def keras_optimizers() -> dict[str, Signature]:
    """The optimizers of Keras by the lower-case name of their class."""
    spec = find_spec("keras")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "src/optimizers"
    files = [path for path in sorted(folder.glob("*.py")) if not path.stem.endswith("_test")]
    signatures = [optimizer_in(path) for path in files]
    return {entry.class_name.lower(): entry for entry in signatures if entry is not None}


def optimizer_in(path: Path) -> Signature | None:
    """Reads the optimizer with the name of its module, such as `AdamW` in `adamw.py`.

    Ignores case and `_`. Returns None if the class is missing or its learning rate has no default.
    This leaves out Keras's base classes and wrappers.
    """
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name.lower() == path.stem.replace("_", ""):
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                    defaults = _defaults(member.args)
                    if "learning_rate" in defaults:
                        return Signature(node.name, _values(defaults, path))
    return None


def _defaults(arguments: ast.arguments) -> dict[str, ast.expr]:
    with_default = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [
        *zip(with_default, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg: default for argument, default in pairs if default is not None}


def _values(defaults: dict[str, ast.expr], path: Path) -> dict[str, Any]:
    values = {}
    for name, default in defaults.items():
        try:
            values[name] = ast.literal_eval(default)
        except ValueError as error:
            raise TypeError(
                f"{path}: the default of {name} must be a literal, not {ast.unparse(default)}"
            ) from error
    return values
