"""Computes the modules that each command depends on, and a digest of them.

    python -m pipeline.code

Writes outputs/code/<command>.txt for each command: one digest, then each module that it covers.
A stage of dvc.yaml depends on the file of its command. A run key holds the digest of the code
that trains.

Comments, docstrings, formatting and the texts of messages change no digest.
"""

import ast
import builtins
import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import resolve_name
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.command_line import arguments, run_command
from pipeline.console import log
from pipeline.files import replacing_folder, sha256
from pipeline.layout import CODE

FAMILIES = "pipeline.models.families"
ENGINES = "pipeline.training.engines"
LOSSES = "pipeline.training.losses"
OPTIMIZERS = "pipeline.training.optimizers"
METRICS = "pipeline.metrics"
STORES = "pipeline.tracking.stores"

# An experiment chooses items of these registries. The files of these commands leave the items out,
# because outputs/configs/<experiment>.code.txt covers the chosen ones. Only `train` leaves out
# metrics, because `repeat` computes all of them.
_CHOSEN = (FAMILIES, ENGINES, LOSSES, OPTIMIZERS, STORES)
CHOICES = {
    "train": (*_CHOSEN, METRICS),
    "repeat": _CHOSEN,
    "evaluate": (STORES,),
    "report": (STORES,),
}

# A person's `train` composes its configuration. The stage reads the file that `compose` wrote.
_NOT_IN_A_STAGE = {"train": ("pipeline.config.experiment_composition",)}

_NOTHING_CHOSEN: Mapping[str, Collection[str]] = MappingProxyType({})
_MESSAGE_MODULES = ("pipeline.console", "pipeline.errors")
_BUILTIN_ERRORS = frozenset(name for name in dir(builtins) if name.endswith("Error"))


@dataclass(frozen=True)
class Module:
    """What one module reaches, and the digest of what it does.

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


class Package:
    """The source of a package.

    Each file is read once, so a process sees one state of its code.

    Args:
        folder: the folder of the package; its name is the package's name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: dict[str, Module] = {}

    @cached_property
    def paths(self) -> dict[str, Path]:
        """The file of each module, by the module's dotted name."""
        files = sorted(self._folder.rglob("*.py"))
        return {self._module_name(file): file for file in files}

    def module(self, name: str) -> Module:
        """Reads one module."""
        if name not in self._modules:
            self._modules[name] = _Reader(name, self.paths[name]).module()
        return self._modules[name]

    def commands(self) -> list[str]:
        """The names of all commands: modules at the top of the package that can be run."""
        top = [name for name in self.paths if name.count(".") == 1]
        return [name.partition(".")[2] for name in top if self.module(name).is_command]

    def closure(
        self,
        *roots: str,
        chosen: Mapping[str, Collection[str]] = _NOTHING_CHOSEN,
        without: Collection[str] = (),
    ) -> frozenset[str]:
        """All modules that running `roots` may import, with their parent packages.

        A module without code and without data files has no effect, so it is left out.

        Args:
            chosen: by registry, the items to add. Every other registry adds all its items.
            without: modules that are not followed.

        Raises:
            ValueError: a root is not a module of the package.
        """
        if unknown := set(roots) - self.paths.keys():
            raise ValueError(f"not a module: {', '.join(sorted(unknown))}")
        closure: set[str] = set()
        queue = list(roots)
        while queue:
            name = queue.pop()
            if name in closure or name in without or name not in self.paths:
                continue
            closure.add(name)
            module = self.module(name)
            queue += [name.rpartition(".")[0], *module.imports]
            for registry in module.registries:
                queue += [registry, *self.items(registry, chosen)]
        return frozenset(name for name in closure if self._has_effect(name))

    def _has_effect(self, name: str) -> bool:
        return self.module(name).does_something or name in dict(self._data_files)

    def items(
        self, registry: str, chosen: Mapping[str, Collection[str]] = _NOTHING_CHOSEN
    ) -> list[str]:
        """The modules of a registry.

        If `chosen` names the registry, only the chosen ones.
        """
        modules = [name for name in self.paths if name.rpartition(".")[0] == registry]
        public = {name.rpartition(".")[2]: name for name in modules if "._" not in name}
        return [public[name] for name in chosen.get(registry, public) if name in public]

    def command_closure(self, command: str) -> frozenset[str]:
        """The modules that a command's stage depends on, whatever an experiment chooses."""
        nothing: dict[str, Collection[str]] = dict.fromkeys(CHOICES.get(command, ()), ())
        without = _NOT_IN_A_STAGE.get(command, ())
        return self.closure(f"{self._folder.name}.{command}", chosen=nothing, without=without)

    def listing(self, modules: Collection[str]) -> str:
        """Lists the digests of `modules` and of their packages' data files.

        The first line is one digest of all.
        """
        digests = {name: self.module(name).digest for name in modules}
        files = [path for package, path in self._data_files if package in modules]
        digests |= {str(path.relative_to(self._folder.parent)): sha256(path) for path in files}
        lines = "".join(f"{digest[:16]}  {name}\n" for name, digest in sorted(digests.items()))
        return f"{hashlib.sha256(lines.encode()).hexdigest()}\n{lines}"

    def digest(self, modules: Collection[str]) -> str:
        """sha256 of what `modules` do, with the data files of their packages."""
        return self.listing(modules).partition("\n")[0]

    def _module_name(self, file: Path) -> str:
        parts = file.relative_to(self._folder.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def _data_files(self) -> list[tuple[str, Path]]:
        """Pairs of a package and a file of it that is not a module, such as a template."""
        files = [path for path in sorted(self._folder.rglob("*")) if path.is_file()]
        return [(self._owner(path), path) for path in files if self._is_data(path)]

    def _is_data(self, path: Path) -> bool:
        parts = path.relative_to(self._folder).parts
        hidden = "__pycache__" in parts or any(part.startswith(".") for part in parts)
        return path.suffix != ".py" and not hidden

    def _owner(self, path: Path) -> str:
        folder = next(parent for parent in path.parents if (parent / "__init__.py").exists())
        return self._module_name(folder / "__init__.py")


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


PACKAGE = Package(Path(__file__).parent)


def main() -> None:
    """Writes the file of each command."""
    arguments(__doc__)
    commands = PACKAGE.commands()
    with replacing_folder(CODE) as folder:
        for command in commands:
            listing = PACKAGE.listing(PACKAGE.command_closure(command))
            (folder / f"{command}.txt").write_text(listing, encoding="utf-8")
    log(f"digests of the code of {len(commands)} commands written to {CODE}")


if __name__ == "__main__":
    run_command(main)
