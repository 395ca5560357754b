"""Reads the source of a Python module: the modules that it uses, and a digest of its code.

Nothing is imported or run. Comments, docstrings, formatting and the texts of messages change no
digest.
"""

import ast
import builtins
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

_MESSAGE_MODULES = ("pipeline.console", "pipeline.errors")
_BUILTIN_ERRORS = frozenset(name for name in dir(builtins) if name.endswith("Error"))


@dataclass(frozen=True)
class Module:
    """The modules that one module uses, and the digest of its code.

    Args:
        imports: dotted names that it imports, at the top or in a function. Some name functions or
            classes, not modules.
        registries: packages that it opens by `Registry("<package>", …)`.
        does_something: whether it holds more than a docstring.
        is_command: whether it has an `if __name__ == "__main__":` block.
        digest: sha256 of its syntax tree without docstrings and without texts of messages.
    """

    imports: frozenset[str]
    registries: frozenset[str]
    does_something: bool
    is_command: bool
    digest: str


def read(name: str, path: Path) -> Module:
    """Reads one module.

    Args:
        name: its dotted name. Relative imports refer to it.

    Raises:
        SyntaxError: the file is not valid Python.
        ImportError: a relative import leads out of the package.
    """
    return _Reader(name, path).module()


class _Reader:
    """Reads one module in one pass over its syntax tree.

    One pass is enough, because imports come before uses.
    """

    def __init__(self, name: str, path: Path) -> None:
        self._package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        self._tree = ast.parse(path.read_bytes())
        self._imports: set[str] = set()
        self._registries: set[str] = set()
        self._message_calls = set(_BUILTIN_ERRORS)
        self._parts: list[str] = []
        self._notes: dict[type, Callable[[Any], None]] = {
            ast.Import: self._note_import,
            ast.ImportFrom: self._note_import_from,
            ast.Call: self._note_call,
        }

    def module(self) -> Module:
        self._write(self._tree)
        return Module(
            imports=frozenset(self._imports),
            registries=frozenset(self._registries),
            does_something=not all(map(_is_docstring, self._tree.body)),
            is_command=any(_starts_a_command(node) for node in self._tree.body),
            digest=hashlib.sha256(" ".join(self._parts).encode()).hexdigest(),
        )

    def _write(self, node: Any) -> None:
        """Appends a node to the text of the tree, and notes what the node reaches."""
        if isinstance(node, ast.AST):
            if note := self._notes.get(type(node)):
                note(node)
            self._parts.append(type(node).__name__)
            for field in node._fields:
                if field != "ctx":  # whether a name is read or set follows from its place
                    self._write(getattr(node, field))
        elif isinstance(node, list):
            self._parts.append("[")
            for item in node:
                if not _is_docstring(item):
                    self._write(item)
            self._parts.append("]")
        else:
            self._parts.append(repr(node))

    def _note_import(self, node: ast.Import) -> None:
        self._imports |= {alias.name for alias in node.names}

    def _note_import_from(self, node: ast.ImportFrom) -> None:
        source = resolve_name("." * node.level + (node.module or ""), self._package)
        self._imports |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
        if source in _MESSAGE_MODULES:
            self._message_calls |= {alias.asname or alias.name for alias in node.names}

    def _note_call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name == "Registry":
            self._registries |= _literals(node.args[:1])
        elif name == "import_module":
            self._imports |= _literals(node.args[:1])
        elif isinstance(node.func, ast.Name) and name in self._message_calls:
            node.args = [_without_text(arg) for arg in node.args]
            for keyword in node.keywords:
                keyword.value = _without_text(keyword.value)


def _literals(arguments: list[ast.expr]) -> set[str]:
    values = [node.value for node in arguments if isinstance(node, ast.Constant)]
    return {value for value in values if isinstance(value, str)}


def _starts_a_command(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def _is_docstring(node: Any) -> bool:
    return isinstance(node, ast.Expr) and _is_text(node.value)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _without_text(argument: ast.expr) -> ast.expr:
    """An empty text for an argument that is a text or an f-string.

    Other arguments, such as the condition of `require`, are part of what the code does. So is an
    f-string that sets a variable.
    """
    if not _is_text(argument) and not isinstance(argument, ast.JoinedStr):
        return argument
    sets_variable = any(isinstance(node, ast.NamedExpr) for node in ast.walk(argument))
    return argument if sets_variable else ast.Constant(value="", kind=None)
