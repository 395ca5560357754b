"""Reads functions and classes from source: whether they exist, and their parameters.

Importing them could load TensorFlow. That takes seconds.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, suggestion
from pipeline.own.references import (
    Reference,
    import_root,
    installed_file,
    module_file,
    module_name,
    reference,
)

_DEEPEST = 10  # of re-exports and base classes
_Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Parameters:
    """The parameters of a function, or of the constructor of a class.

    Args:
        positional: those that can be passed by position, in order.
        names: those that can be passed by name, in order.
        required: those without a default.
        any_name: whether it takes names that it does not list, by `**kwargs`.
    """

    positional: Sequence[str]
    names: Sequence[str]
    required: Sequence[str]
    any_name: bool


def parameters(reference: Reference, *, key: str, base: Path = Path()) -> Parameters | None:
    """Reads the parameters of a reference; None if the source does not show them.

    Raises:
        ConfigError: the module defines no such function or class.
    """
    source = _source_of(reference, base)
    if source is None:
        return None
    definition = source.find(reference.name)
    if definition is None and not source.is_open and not source.assigns(reference.name):
        raise ConfigError(
            key,
            f"names {reference.name}, but {reference.module} does not define it",
            received=reference,
            expected=suggestion(reference.name, source.names),
        )
    return None if definition is None else _parameters(*definition)


def is_class(reference: Reference, *, base: Path = Path()) -> bool | None:
    """Whether a reference names a class; None if the source does not show it."""
    source = _source_of(reference, base)
    definition = source.find(reference.name) if source else None
    return None if definition is None else isinstance(definition[1], ast.ClassDef)


def require_arguments(
    key: str,
    reference: Reference,
    arguments: Mapping[str, Any],
    *,
    by_position: int = 0,
    supplied: Collection[str] = (),
    base: Path = Path(),
) -> Parameters | None:
    """Checks the names of arguments against the signature of a reference.

    Args:
        key: the setting that holds the arguments.
        by_position: the number of arguments that the pipeline passes by position.
        supplied: the names of arguments that the pipeline passes.

    Raises:
        ConfigError: an argument is unknown or missing, or the function takes too few.
    """
    signature = parameters(reference, key=key, base=base)
    if signature is None:
        return None
    if len(signature.positional) < by_position:
        raise ConfigError(
            key.rpartition(".")[0] or key,
            "names a function that takes too few arguments by position: "
            f"{len(signature.positional)}",
            received=f"{reference}({', '.join(signature.names)})",
            expected=f"Expected: {by_position} or more",
        )
    taken = {*signature.positional[:by_position], *supplied}
    allowed = [name for name in signature.names if name not in taken]
    for name in arguments:
        if name in taken or not (signature.any_name or name in allowed):
            raise ConfigError(
                f"{key}.{name}",
                f"is not an argument of {reference} that a setting gives",
                received=name,
                expected=suggestion(str(name), allowed),
            )
    missing = [name for name in signature.required if name not in {*taken, *arguments}]
    if missing:
        raise ConfigError(
            key,
            f"lacks an argument that {reference} needs: {', '.join(missing)}",
            received=dict(arguments) or "no arguments",
            expected=f"Allowed: {', '.join(allowed)}",
        )
    return signature


def checked_function(
    text: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    key: str,
    by_position: int,
    base: Path = Path(),
) -> Reference:
    """Reads the name of a function, and checks its arguments against its signature.

    Args:
        arguments: the arguments that settings give.
        key: the setting that names the function. `{key}.arguments` holds its arguments.
        by_position: the number of arguments that the pipeline passes by position.

    Raises:
        ConfigError: there is no such function, or it does not take these arguments.
    """
    function = reference(text, key=key, base=base)
    require_arguments(
        f"{key}.arguments", function, arguments or {}, by_position=by_position, base=base
    )
    return function


@dataclass(frozen=True)
class _Source:
    """A module and its syntax tree.

    Args:
        name: its dotted name, for relative imports.
        roots: the folders in which its imports are looked up, before installed packages.
    """

    path: Path
    name: str
    tree: ast.Module
    roots: tuple[Path, ...]

    @property
    def names(self) -> list[str]:
        """The functions and classes that it defines."""
        return [node.name for node in _statements(self.tree) if isinstance(node, _Definition)]

    @property
    def is_open(self) -> bool:
        """Whether it may have names that its text does not show."""
        nodes = list(_statements(self.tree))
        return any(
            isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in nodes
        ) or any(
            isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
            for node in nodes
        )

    def find(self, name: str, depth: int = 0) -> "tuple[_Source, _Definition] | None":
        """Finds the definition of a name, here or in the module that it is imported from.

        A name that is only assigned has no definition.
        """
        for node in reversed(list(_statements(self.tree))):
            if isinstance(node, _Definition) and node.name == name:
                return self, node
            if isinstance(node, ast.ImportFrom) and depth < _DEEPEST:
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        other = self._module(self._absolute(node))
                        return other.find(alias.name, depth + 1) if other else None
        return None

    def assigns(self, name: str) -> bool:
        """Whether a name is set or imported by other means than a definition."""
        for node in _statements(self.tree):
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                    return True
            if isinstance(node, ast.Import | ast.ImportFrom) and name in [
                alias.asname or alias.name for alias in node.names
            ]:
                return True
        return False

    def resolve(self, expression: ast.expr) -> "tuple[_Source, _Definition] | None":
        """The definition that an expression such as `keras.layers.Layer` names."""
        if isinstance(expression, ast.Name):
            return self.find(expression.id)
        first, *rest = ast.unparse(expression).split(".")
        if not all(part.isidentifier() for part in (first, *rest)):
            return None
        dotted = [*self._imported(first).split("."), *rest]
        other = self._module(".".join(dotted[:-1]))
        return other.find(dotted[-1]) if other else None

    def _imported(self, name: str) -> str:
        """The dotted name of the module that a name stands for."""
        for node in _statements(self.tree):
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else []:
                if (alias.asname or alias.name) == name:
                    source = f"{self._absolute(node)}." if isinstance(node, ast.ImportFrom) else ""
                    return f"{source}{alias.name}"
        return name

    def _absolute(self, node: ast.ImportFrom) -> str:
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        parts = package.split(".") if package else []
        parts = parts[: len(parts) - node.level + 1] if node.level else []
        return ".".join([*parts, *((node.module or "").split(".") if node.module else [])])

    def _module(self, name: str) -> "_Source | None":
        parts = name.split(".")
        local = (module_file(root, parts) for root in self.roots)
        file = next((path for path in local if path is not None), None)
        roots = self.roots
        if file is None:
            file, roots = installed_file(name), ()
        return None if file is None else _read(file, name, roots)


def _source_of(reference: Reference, base: Path) -> _Source | None:
    if not reference.is_file:
        file = installed_file(reference.module)
        return None if file is None else _read(file, reference.module, ())
    path = base / reference.module
    root = import_root(path, base)
    return _read(path, module_name(path, root), (root, base))


def _read(path: Path, name: str, roots: tuple[Path, ...]) -> _Source | None:
    state = path.stat()
    tree = _parsed(path.resolve(), state.st_size, state.st_mtime_ns)
    return None if tree is None else _Source(path, name, tree, roots)


@lru_cache(maxsize=256)
def _parsed(path: Path, _size: int, _changed: int) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None  # `pipeline.own.closure` reports it


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module, also those inside `if` and `try`."""
    queue = list(tree.body)
    while queue:
        node = queue.pop(0)
        yield node
        if isinstance(node, ast.If | ast.Try):
            handlers = [part for handler in getattr(node, "handlers", []) for part in handler.body]
            queue = [*node.body, *node.orelse, *handlers, *queue]


def _parameters(source: _Source, node: _Definition, depth: int = 0) -> Parameters | None:
    if isinstance(node, ast.FunctionDef):
        return None if node.decorator_list else _of_function(node.args)
    if node.decorator_list and any("dataclass" in ast.unparse(one) for one in node.decorator_list):
        return None
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            return _of_function(member.args, bound=True)
    for parent in node.bases:
        definition = source.resolve(parent) if depth < _DEEPEST else None
        if definition is not None:
            return _parameters(*definition, depth=depth + 1)
    return None


def _of_function(arguments: ast.arguments, *, bound: bool = False) -> Parameters:
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = {one.arg for one in positional[len(positional) - len(arguments.defaults) :]}
    with_default |= {
        one.arg
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }
    if bound:
        positional = positional[1:]
    unnamed = {one.arg for one in arguments.posonlyargs}
    names = [one.arg for one in [*positional, *arguments.kwonlyargs]]
    return Parameters(
        positional=[one.arg for one in positional],
        names=[name for name in names if name not in unnamed],
        required=[name for name in names if name not in with_default],
        any_name=arguments.kwarg is not None,
    )
