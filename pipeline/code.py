"""Computes the modules that each command depends on, and a digest of them.

    python -m pipeline.code
    python -m pipeline.code own=my_models            your own code, as params.yaml names it
    python -m pipeline.code features                 your feature functions, by data variant

Writes outputs/code/<command>.txt for each command: one digest, then each module that it covers.
A stage of dvc.yaml depends on the file of its command. A run key holds the digest of the code
that trains. `own=<name>` writes outputs/own/<name>.txt, the digests of the files that params.yaml
lists under own_code. `features` writes outputs/features/<data>.txt, the code of the functions that
conf/data/<data>.yaml names. `prepare` depends on it.

Comments, docstrings, formatting and the texts of messages change no digest.
"""

import hashlib
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from pipeline.command_line import arguments, run_command
from pipeline.console import log
from pipeline.errors import PipelineError, suggestion
from pipeline.files import replacing_folder, sha256, write_text
from pipeline.layout import CODE, CONF, FEATURES, OWN_CODE
from pipeline.syntax import Module, read

FAMILIES = "pipeline.models.families"
ENGINES = "pipeline.training.engines"
LOSSES = "pipeline.training.losses"
OPTIMIZERS = "pipeline.training.optimizers"
METRICS = "pipeline.metrics"
STORES = "pipeline.tracking.stores"

# The files of these commands leave out the items of these registries. An experiment chooses items,
# and outputs/configs/<experiment>.code.txt covers the chosen ones. Only `train` leaves out metrics,
# because `repeat` computes all of them.
_CHOSEN = (FAMILIES, ENGINES, LOSSES, OPTIMIZERS, STORES)
CHOICES = {
    "train": (*_CHOSEN, METRICS),
    "repeat": _CHOSEN,
    "evaluate": (STORES,),
    "report": (STORES,),
}

# `train` uses these modules only outside of stages. In a stage, it reads what `compose` wrote.
_NOT_IN_A_STAGE = {
    "train": (
        "pipeline.config.experiment_composition",
        "pipeline.config.overrides",
        "pipeline.config.run_name",
        "pipeline.config.settings_table",
    ),
}

_NOTHING_CHOSEN: Mapping[str, Collection[str]] = MappingProxyType({})


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
            self._modules[name] = read(name, self.paths[name])
        return self._modules[name]

    def commands(self) -> list[str]:
        """The names of all commands: modules at the top of the package that can be run.

        `__main__` only runs the others.
        """
        top = [name for name in self.paths if name.count(".") == 1 and "__" not in name]
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
        lines = "".join(f"{digest}  {name}\n" for name, digest in self.digests(modules).items())
        return f"{hashlib.sha256(lines.encode()).hexdigest()}\n{lines}"

    def digests(self, modules: Collection[str]) -> dict[str, str]:
        """16 digits of the digest of each of `modules`, and of their packages' data files."""
        digests = {name: self.module(name).digest for name in modules}
        files = [path for package, path in self._data_files if package in modules]
        digests |= {str(path.relative_to(self._folder.parent)): sha256(path) for path in files}
        return {name: digest[:16] for name, digest in sorted(digests.items())}

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


PACKAGE = Package(Path(__file__).parent)


def main() -> None:
    """Writes the file of each command, or that of the user's own code."""
    received = arguments(__doc__)
    if received == ["features"]:
        _write_features()
        return
    if received:
        _write_own(received)
        return
    write_text(OWN_CODE / "about.txt", _ABOUT)
    commands = PACKAGE.commands()
    with replacing_folder(CODE) as folder:
        for command in commands:
            listing = PACKAGE.listing(PACKAGE.command_closure(command))
            (folder / f"{command}.txt").write_text(listing, encoding="utf-8")
    log(f"digests of the code of {len(commands)} commands written to {CODE}")


_ABOUT = "Digests of your own code, one file for each entry of own_code in params.yaml.\n"


def _write_own(received: list[str]) -> None:
    from pipeline.config import params

    key, _, name = received[0].partition("=")
    listed = params.read().own_code
    if key != "own" or len(received) > 1 or name not in listed:
        raise PipelineError(
            "this command takes no argument, features, or one entry of own_code in params.yaml",
            received=" ".join(received),
            expected=f"Write own=<name>. {suggestion(name, listed)}",
        )
    write_text(OWN_CODE / f"{name}.txt", _own_listing(Path(listed[name])))


def _write_features() -> None:
    from pipeline.config import params

    planned = params.read()
    with replacing_folder(FEATURES) as folder:
        for data in planned.data:
            listing = _feature_listing(data, planned.own_code)
            (folder / f"{data}.txt").write_text(listing, encoding="utf-8")


def _feature_listing(data: str, listed: Mapping[str, str]) -> str:
    """Lists digests of the code of feature functions, below a heading.

    DVC warns about an empty file.
    """
    from yaml import YAMLError

    from pipeline.config import params, yaml_files
    from pipeline.own.features import feature_function

    path = CONF / "data" / f"{data}.yaml"
    try:
        functions = dict(yaml_files.load(path)["functions"])
    except (OSError, YAMLError, KeyError, TypeError, ValueError):
        functions = {}  # there are none, or `prepare` reports what is wrong
    lines = [f"feature functions of {path}\n"]
    for name, own in functions.items():
        if not isinstance(own, dict) or not isinstance(own.get("function"), str):
            continue
        key = f"{path}: functions.{name}"
        function = feature_function(own["function"], own.get("arguments") or {}, key=key)
        params.require_own_code(function.files, listed, user=str(path))
        digests = {file: digest for part in function.code.values() for file, digest in part.items()}
        lines += [f"{digest[:16]}  {name}: {file}\n" for file, digest in digests.items()]
    return "".join(lines)


def _own_listing(path: Path) -> str:
    """Lists a digest of each file below a path, without comments of Python files."""
    inside = [file for file in sorted(path.rglob("*")) if file.is_file()]
    files = (
        [file for file in inside if "__pycache__" not in file.parts] if path.is_dir() else [path]
    )
    return "".join(f"{_own_digest(file)[:16]}  {file.as_posix()}\n" for file in files)


def _own_digest(file: Path) -> str:
    if file.suffix != ".py":
        return sha256(file)
    try:
        return read(".".join(file.with_suffix("").parts), file).digest
    except (SyntaxError, ValueError, ImportError):  # `compose` reports what is wrong
        return sha256(file)


if __name__ == "__main__":
    run_command(main)
