"""Registries: packages in which each module adds one thing with its own name.

A new model family, optimizer, loss, metric, data format, figure, search oracle, engine or tracker
is one new file in the package of its kind. No table lists them.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from pipeline.errors import ConfigError, suggestion


@dataclass(frozen=True)
class Registry:
    """The modules of one package.

    Write `package` as a literal, because `pipeline.code` reads it from the source.

    Args:
        package: the dotted name of the package, such as `pipeline.models.families`.
        kind: what each module adds, for error messages, such as `model family`.
    """

    package: str
    kind: str

    def names(self) -> list[str]:
        """The names of all public modules, sorted.

        Imports the package, but none of its modules.
        """
        return _names(self.package)

    def require(self, name: str, *, key: str) -> None:
        """Raises `ConfigError` unless there is a module of this name.

        Imports none of them.

        Args:
            key: the setting that names it, such as `model.family`.
        """
        if name not in self.names():
            raise ConfigError(
                key, f"is not a {self.kind}", received=name, expected=suggestion(name, self.names())
            )

    def load(self, name: str, *, key: str) -> ModuleType:
        """Imports one module.

        Args:
            key: the setting that names it, such as `model.family`.

        Raises:
            ConfigError: there is no module of this name.
        """
        self.require(name, key=key)
        return importlib.import_module(f"{self.package}.{name}")

    def all(self) -> dict[str, ModuleType]:
        """Imports every module; they are sorted by name."""
        return {name: importlib.import_module(f"{self.package}.{name}") for name in self.names()}


@cache
def _names(package: str) -> list[str]:
    paths = importlib.import_module(package).__path__
    modules = (module.name for module in pkgutil.iter_modules(paths))
    return sorted(name for name in modules if not name.startswith("_"))
