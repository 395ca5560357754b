"""The code that a reference reaches: local files by digest, installed packages by version."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import syntax
from pipeline.errors import ConfigError
from pipeline.own.references import (
    Reference,
    distribution_of,
    import_root,
    module_file,
    module_name,
    require_file,
    versions,
)

_HOUSE = "pipeline"


@dataclass
class Closure:
    """What some references reach.

    Args:
        files: each local module by its dotted name, as a path relative to the repository's root.
        digests: of each of these files, by path; see `pipeline.syntax`.
        packages: the top-level names of installed packages.
        house: the modules of this project that local files import.
    """

    files: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)
    house: set[str] = field(default_factory=set)

    def add(self, other: "Closure", *, key: str) -> None:
        """Adds what another setting reaches.

        Raises:
            ConfigError: two files have the same name.
        """
        for name, place in other.files.items():
            _require_one_file(key, name, place, self.files.get(name, place))
        self.files |= other.files
        self.digests |= other.digests
        self.packages |= other.packages
        self.house |= other.house

    @property
    def identity(self) -> dict[str, dict[str, str]]:
        """The facts that determine what the code does, as plain values."""
        return {"files": dict(sorted(self.digests.items())), "packages": versions(self.packages)}


def closure_of(
    references: Iterable[Reference], *, key: str = "own code", base: Path = Path()
) -> Closure:
    """Follows the imports of local files, also those inside functions.

    Args:
        key: the setting that names the references.
        base: the root of the repository.

    Raises:
        ConfigError: a file is invalid, or has the name of another module.
    """
    closure = Closure()
    for reference in references:
        if reference.is_file:
            path = require_file(reference.module, key=key, base=base)
            _Follower(closure, key, base, import_root(path, base)).follow(path)
        else:
            closure.packages.add(reference.module.partition(".")[0])
    return closure


@dataclass
class _Follower:
    """Adds a file, and what it imports, to a closure.

    Args:
        root: the folder from which the file is imported. Its modules come before those of `base`.
    """

    closure: Closure
    key: str
    base: Path
    root: Path

    def follow(self, file: Path) -> None:
        queue = [(module_name(file, self.root), file)]
        while queue:
            name, path = queue.pop()
            place = path.relative_to(self.base).as_posix()
            if place in self.closure.digests and self.closure.files.get(name) == place:
                continue
            self._require_own_name(name, place)
            require_file(place, key=self.key, base=self.base)
            self.closure.files[name] = place
            module = self._read(name, path, place)
            self.closure.digests[place] = module.digest
            for imported in sorted(module.imports):
                queue += self._local(imported)

    def _read(self, name: str, path: Path, place: str) -> syntax.Module:
        try:
            return syntax.read(name, path)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            raise ConfigError(
                self.key,
                f"names {place}, but this file is not valid Python",
                received=f"{getattr(error, 'msg', error)}" + (f" in line {line}" if line else ""),
            ) from None
        except ImportError:
            raise ConfigError(
                self.key,
                f"names {place}, but its relative import leads out of its package",
                received=place,
                expected=f"Put an empty __init__.py into each folder of the package of {place}, "
                "or import without a leading dot",
            ) from None

    def _local(self, imported: str) -> list[tuple[str, Path]]:
        """The local files of an imported name and of its packages. Notes other packages."""
        parts = imported.split(".")
        top = parts[0]
        if top == _HOUSE:
            self.closure.house.add(imported)
            return []
        for folder in (self.root, self.base):
            names = [parts[:length] for length in range(1, len(parts) + 1)]
            files = {".".join(name): module_file(folder, name) for name in names}
            if matches := [(name, file) for name, file in files.items() if file is not None]:
                return matches
        if distribution_of(top) is not None:
            self.closure.packages.add(top)
        return []

    def _require_own_name(self, name: str, place: str) -> None:
        """Checks that a local module hides no installed one, and that each name has one file."""
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or distribution_of(top) is not None or top == _HOUSE:
            raise ConfigError(
                self.key,
                f"names {place}, but an installed module has the name {top}, too",
                received=name,
                expected="Rename the file",
            )
        _require_one_file(self.key, name, place, self.closure.files.get(name, place))


def _require_one_file(key: str, name: str, place: str, other: str) -> None:
    if place != other:
        raise ConfigError(
            key,
            f"names {place}, but {other} has the same name",
            received=name,
            expected="Rename one of the files",
        )
