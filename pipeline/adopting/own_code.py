"""The classes and functions of a script that its network names, as self-contained text."""

import ast
import symtable
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import keras

from pipeline.adopting.refusal import AdoptionError
from pipeline.own.references import distribution_of

MAIN = "__main__"  # the module of the script while it runs
WITHOUT_NETWORK = (
    "or adopt the rest with --without-network and write the network yourself (docs/adopting.md)"
)

_RESERVED = ("NETWORK", "build", "keras", "loss")  # names of the file that `adopt` writes
_Definition = ast.ClassDef | ast.FunctionDef


@dataclass(frozen=True)
class Names:
    """What a network in Keras's JSON names.

    Args:
        places: the module of each class or function that is not Keras's, by its name.
        keys: its name, by the text under which Keras looks it up.
    """

    places: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Code:
    """The text of some definitions, in the order in which Python must run them."""

    imports: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)


def names_of(config: Any, model: Any) -> Names:
    """Finds the classes and functions of a network that are not Keras's.

    Args:
        config: the network as Keras serializes it.
    """
    names = Names()
    modules = {type(layer).__name__: type(layer).__module__ for layer in model._flatten_layers()}
    for part in _objects(config):
        if part["class_name"] == "function":
            name = key = str(part["config"])
            is_own = part["module"] == "builtins" and not _is_of_keras(name)
        else:
            name = str(part["class_name"])
            key = str(part.get("registered_name") or "")
            is_own = bool(key) and not str(part["module"]).startswith("keras.")
        if is_own:
            names.places[name] = modules.get(name, MAIN)
            names.keys[key] = name
    return names


def _is_of_keras(function: str) -> bool:
    return any(
        hasattr(module, function)
        for module in (keras.activations, keras.initializers, keras.losses, keras.ops)
    )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.keys() >= {"module", "class_name", "config"}:
            yield value
        value = list(value.values())
    for part in value if isinstance(value, list | tuple) else ():
        yield from _objects(part)


def functions_of(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The functions among the top-level names of a script. Keras looks them up by name."""
    return {name: one for name, one in namespace.items() if isinstance(one, FunctionType)}


def code_of(names: Names, script: str, namespace: Mapping[str, Any]) -> Code:
    """Copies definitions, and what they use of the top level of their modules.

    Args:
        script: the text of the script.
        namespace: the top-level names of the script, with their values.

    Raises:
        AdoptionError: a name has no definition at the top level, or a value that Python cannot
            write down.
    """
    copier = _Copier(_Module(MAIN, script, ast.parse(script), namespace))
    for name, module in sorted(names.places.items()):
        if module != MAIN and _is_installed(module):
            copier.code.imports.append(f"from {module} import {name}")
        else:
            copier.add(name, copier.module(module))
    return copier.code


@dataclass(frozen=True)
class _Module:
    """The script, or a module next to it."""

    name: str
    text: str
    tree: ast.Module
    namespace: Mapping[str, Any]

    @property
    def words(self) -> str:
        return "the script" if self.name == MAIN else f"the module {self.name}"

    def definition(self, name: str) -> str | None:
        """The text of a class or function with its decorators."""
        for node in reversed(self.tree.body):
            if isinstance(node, _Definition) and node.name == name:
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                return "\n".join(self.text.splitlines()[first - 1 : node.end_lineno])
        return None

    def imported(self, name: str) -> tuple[str, str] | None:
        """The statement that imports a name, and the module that it reads."""
        for node in ast.walk(self.tree):
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                if isinstance(node, ast.ImportFrom) and (alias.asname or alias.name) == name:
                    one = ast.ImportFrom(node.module, [alias], node.level)
                    return ast.unparse(one), "." * node.level + (node.module or "")
                if isinstance(node, ast.Import) and name == (
                    alias.asname or alias.name.partition(".")[0]
                ):
                    return ast.unparse(ast.Import([alias])), alias.name
        return None

    def assignment(self, name: str) -> str | None:
        """The only statement at the top level that sets a name."""
        nodes = [
            node
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
        ]
        return ast.unparse(nodes[0]) if len(nodes) == 1 else None


@dataclass
class _Copier:
    """Adds names to a text, each after the names that it uses."""

    main: _Module
    code: Code = field(default_factory=Code)
    texts: dict[str, str] = field(default_factory=dict)  # of each name that was added

    def module(self, name: str) -> _Module:
        if name == MAIN:
            return self.main
        module = sys.modules[name]
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        return _Module(name, text, ast.parse(text), vars(module))

    def add(self, name: str, module: _Module) -> None:
        """Adds a name of a module, unless the text has it."""
        value = module.namespace.get(name)
        if name == "keras" and isinstance(value, ModuleType):
            return  # The file imports Keras itself. `tf.keras` is the same with fewer names.
        if text := module.definition(name):
            if self._is_new(name, text, module):
                self._add_definition(text, module)
        elif found := module.imported(name):
            self._add_imported(name, module, *found)
        elif name in module.namespace and _is_plain(value):
            self._add_value(name, module)
        elif (text := module.assignment(name)) and _is_rule(value):
            if self._is_new(name, text, module):
                self._add_definition(text, module)
        else:
            kind = f", {type(value).__name__}" if name in module.namespace else ""
            raise _refused(
                "the network uses a name that a file of its own cannot define",
                received=f"{name} of {module.words}{kind}",
                expected="Use classes and functions of the top level of the script, and pass "
                "numbers and texts to their constructors",
            )

    def _is_new(self, name: str, text: str, module: _Module) -> bool:
        """Whether a name must still be written."""
        if self.texts.get(name) == text:
            return False
        if name in self.texts or name in _RESERVED:
            raise _refused(
                "the network uses one name for two things, and its file can have one only",
                received=f"{name} of {module.words}",
                expected=f"Rename {name}",
            )
        self.texts[name] = text
        return True

    def _add_definition(self, text: str, module: _Module) -> None:
        for used in sorted(_names_in(text)):
            if used in module.namespace and not used.startswith("__"):
                self.add(used, module)
        self.code.definitions.append(text)

    def _add_value(self, name: str, module: _Module) -> None:
        text = f"{name} = {module.namespace[name]!r}"
        if self._is_new(name, text, module):
            self.code.definitions.append(text)

    def _add_imported(self, name: str, module: _Module, statement: str, source: str) -> None:
        value = module.namespace.get(name)
        if not source.startswith(".") and _is_installed(source):
            if self._is_new(name, statement, module):
                self.code.imports.append(statement)
        elif isinstance(value, type | FunctionType) and value.__name__ == name:
            self.add(name, self.module(value.__module__))
        elif _is_plain(value):
            self._add_value(name, module)
        else:
            raise _refused(
                "the network uses a module next to the script in a way that cannot be copied",
                received=f"{statement} in {module.words}",
                expected="Import its classes and functions by name, as in from layers import Gate",
            )


def _is_installed(module: str) -> bool:
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or distribution_of(top) is not None


def _names_in(text: str) -> set[str]:
    """The names that a statement reads from the top level of its module."""
    top = symtable.symtable(text, "script", "exec")
    names, tables = set(), [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        names |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (table is top or symbol.is_global())
        }
    return names


def _is_plain(value: Any) -> bool:
    """Whether the text of a value is Python that gives the same value."""
    if isinstance(value, list | tuple | set) and type(value) in (list, tuple, set):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(map(_is_plain, [*value.keys(), *value.values()]))
    return value is None or type(value) in (bool, int, float, str)


def _is_rule(value: Any) -> bool:
    """Whether a value is a module, or like a function, such as an initializer."""
    return isinstance(value, ModuleType) or (
        callable(value) and not isinstance(value, keras.layers.Layer)
    )


def _refused(problem: str, *, received: str, expected: str) -> AdoptionError:
    return AdoptionError(problem, received=received, expected=f"{expected}, {WITHOUT_NETWORK}")
