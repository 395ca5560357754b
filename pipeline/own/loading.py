"""Imports the user's own code, and registers its classes and functions with Keras.

A local file is compiled from its source each time it has changed. So a process that outlives an
edit, such as a notebook, never trains old code. Each module gets the file that
`pipeline.own.closure` found for it, whatever the search path of Python holds.
"""

import contextlib
import hashlib
import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from pipeline.errors import ConfigError, PipelineError
from pipeline.own.closure import Closure, closure_of
from pipeline.own.references import Reference

# Objects of these packages need no registration.
_KNOWN_TO_KERAS = ("keras", "tensorflow", "numpy")

_loaded: dict[str, "_Loaded"] = {}  # by the name of the module


@dataclass(frozen=True)
class _Loaded:
    """A local module of this process, and what it was made from."""

    digest: str
    module: ModuleType


def load(reference: Reference, *, key: str, base: Path = Path()) -> Any:
    """Imports a function or class, and registers what its modules define with Keras.

    Args:
        key: the setting that names it.
        base: the root of the repository, or the folder with the code of a saved model.

    Raises:
        ConfigError: the import of the code fails, or the code does not define the name.
    """
    module = load_module(reference, key=key, base=base)
    if not hasattr(module, reference.name):
        raise ConfigError(
            key,
            f"names {reference.name}, but {reference.module} does not define it",
            received=reference,
        )
    return getattr(module, reference.name)


def load_module(reference: Reference, *, key: str, base: Path = Path()) -> ModuleType:
    """Imports the module of a reference; see `load`."""
    try:
        # What the code prints goes to stderr, because stdout is for results.
        with contextlib.redirect_stdout(sys.stderr):
            if not reference.is_file:
                module = importlib.import_module(reference.module)
                _register_package(reference.module.partition(".")[0])
                return module
            closure = closure_of([reference], key=key, base=base)
            modules = _import(closure, base.resolve())
    except PipelineError:
        raise
    except Exception as error:
        raise ConfigError(
            key,
            f"names {reference.module}, but its import fails",
            received=f"{type(error).__name__}: {error}{_place(error, base)}",
            expected=f"Correct {reference.module}. PIPELINE_DEBUG=1 shows the traceback",
        ) from error
    for name, place in closure.files.items():
        _register(modules[name], package=place)
    return next(modules[name] for name, place in closure.files.items() if place == reference.module)


def _place(error: BaseException, base: Path) -> str:
    """The line of a local file in which an error was raised last."""
    place, trace = "", error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(base.resolve()) and "site-packages" not in file.parts:
            place = f" ({file.relative_to(base.resolve())}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return place


def place_of(error: BaseException) -> str:
    """The line of the repository in which an error was raised last, for messages."""
    return _place(error, Path())


def _import(closure: Closure, base: Path) -> dict[str, ModuleType]:
    """Imports all local modules, because an import inside a function finds only imported ones.

    If a file has changed, all modules are imported again, because each may hold objects of it.
    """
    files = {name: base / place for name, place in closure.files.items()}
    digests = {name: f"{path}:{_digest(path)}" for name, path in files.items()}
    if any(name in _loaded and _loaded[name].digest != digests[name] for name in files):
        _loaded.clear()
    new = [name for name in files if name not in _loaded]
    _forget(name for name in new if name in sys.modules)
    sys.modules.update({name: one.module for name, one in _loaded.items()})
    with _finding(files):
        modules = {name: importlib.import_module(name) for name in files}
    _loaded.update({name: _Loaded(digests[name], modules[name]) for name in new})
    return modules


def _forget(names: Iterable[str]) -> None:
    """Removes modules and the packages around them. A package would keep its old modules."""
    for name in names:
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            sys.modules.pop(".".join(parts[:length]), None)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def _finding(files: dict[str, Path]) -> Iterator[None]:
    finder = _Finder(files)
    sys.meta_path.insert(0, finder)
    try:
        yield
    except BaseException:
        _forget(files)
        _loaded.clear()
        raise
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    """Finds local modules by their files, before any other module of the same name."""

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - of MetaPathFinder
        target: ModuleType | None = None,  # noqa: ARG002 - of MetaPathFinder
    ) -> ModuleSpec | None:
        """The spec of a local module, or of a folder that holds one."""
        file = self._files.get(fullname)
        if file is not None:
            folders = [str(file.parent)] if file.name == "__init__.py" else None
            return spec_from_file_location(
                fullname,
                file,
                loader=_Uncached(fullname, str(file)),
                submodule_search_locations=folders,
            )
        inside = [name for name in self._files if name.startswith(f"{fullname}.")]
        if not inside:
            return None
        depth = inside[0].count(".") - fullname.count(".")
        is_package = self._files[inside[0]].name == "__init__.py"
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [
            str(self._files[inside[0]].parents[depth - 1 + is_package])
        ]
        return spec


class _Uncached(SourceFileLoader):
    """Compiles a file from its source.

    Python's cache misses an edit within one second if the size is the same.
    """

    def get_code(self, fullname: str) -> CodeType:
        """The code of the module."""
        path = self.get_filename(fullname)
        return compile(self.get_data(path), path, "exec", dont_inherit=True)


def _register(module: ModuleType, *, package: str) -> None:
    """Registers the classes and functions that a module defines with Keras.

    Keras saves them as `package>name`. So no decorator is needed, and a saved model says which file
    it needs.
    """
    import keras

    for name, value in list(vars(module).items()):
        is_class = isinstance(value, type) and hasattr(value, "get_config")
        if not is_class and not isinstance(value, FunctionType):
            continue
        if value.__module__ == module.__name__ and value.__name__ == name:
            keras.saving.register_keras_serializable(package=package, name=name)(value)


def _register_package(top: str) -> None:
    """Registers what the loaded modules of an installed package define."""
    if top in _KNOWN_TO_KERAS:
        return
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == top and module is not None:
            _register(module, package=name)
