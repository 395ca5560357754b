"""Names of functions and classes: `path/to/file.py:name` or `package.module:name`.

A file lies inside the repository, and a package is installed. Other names are refused, so a setting
cannot run code from elsewhere.
"""

import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import ConfigError

OWN = "python"  # the family of a model or an optimizer of the user
FORM = "path/to/file.py:name in this repository, or package.module:name of an installed package"

_NAME = re.compile(r"[A-Za-z_]\w*")
_PACKAGE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_SUFFIX = ".py"
_PACKAGE_FILE = "__init__.py"


@dataclass(frozen=True)
class Reference:
    """A function or class at the top level of a module.

    Args:
        module: a path relative to the repository's root such as `nets/deep.py`, or the dotted name
            of a module of an installed package.
        name: the name of the function or class.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"

    @property
    def is_file(self) -> bool:
        """Whether it is in a file of the repository."""
        return self.module.endswith(_SUFFIX)


def is_reference(text: str) -> bool:
    """Whether a setting names the user's own code, rather than an item of this package.

    The argument of a metric may hold a colon, as in `recall/10:30`.
    """
    module, colon, _ = text.partition(":")
    is_module = module.endswith(_SUFFIX) or _PACKAGE.fullmatch(module) is not None
    return bool(colon) and is_module


def reference(text: str, *, key: str, base: Path = Path()) -> Reference:
    """Reads a name, and checks that its module exists. Nothing is imported.

    Args:
        key: the setting that names it.
        base: the root of the repository.

    Raises:
        ConfigError: the text names nothing, the file is missing or outside of the repository, or
            the package is not installed.
    """
    module, colon, name = text.partition(":")
    if not colon or not _NAME.fullmatch(name) or not module:
        raise ConfigError(key, "names no function", received=text or "nothing", expected=_expected)
    result = Reference(module, name)
    if result.is_file:
        require_file(module, key=key, base=base)
    elif not _PACKAGE.fullmatch(module):
        raise ConfigError(key, "names no function", received=text, expected=_expected)
    else:
        _require_installed(result, key=key, base=base)
    return result


_expected = f"Write {FORM}"


def require_file(name: str, *, key: str, base: Path) -> Path:
    """The path of a file of the repository.

    Raises:
        ConfigError: it is missing, or outside of the repository, also through a link.
    """
    path = base / name
    inside = path.resolve().is_relative_to(base.resolve())
    if Path(name).is_absolute() or ".." in Path(name).parts or not inside:
        raise ConfigError(
            key,
            "names a file outside of this repository",
            received=name,
            expected="Copy the file into the repository, and name it relative to the root",
        )
    if not path.is_file():
        raise ConfigError(
            key,
            f"names a file that is missing: {name}",
            received=f"no such file in {base.resolve()}",
            expected=f"Write the file, or name {FORM}",
        )
    return path


def _require_installed(target: Reference, *, key: str, base: Path) -> None:
    package = target.module.partition(".")[0]
    if distribution_of(package) is not None:
        return
    path = f"{target.module.replace('.', '/')}{_SUFFIX}"
    is_local = (base / path).is_file()
    advice = f"Name the file: {path}:{target.name}" if is_local else f"Write {FORM}"
    raise ConfigError(
        key, f"names {package}, but this package is not installed", received=target, expected=advice
    )


def distribution_of(package: str) -> str | None:
    """The name of what is installed under the top-level name of a package, such as `sklearn`."""
    names = _distributions().get(package)
    return names[0] if names and package not in sys.stdlib_module_names else None


@cache
def _distributions() -> dict[str, list[str]]:
    return {package: list(names) for package, names in packages_distributions().items()}


def versions(packages: set[str]) -> dict[str, str]:
    """The version of each installed package, by the name of what was installed."""
    names = {distribution_of(package) for package in packages}
    return {name: version(name) for name in sorted(filter(None, names))}


def installed_file(module: str) -> Path | None:
    """Finds the file of a module of an installed package, without importing the package."""
    top, *rest = module.split(".")
    spec = find_spec(top)
    if spec is None or spec.origin is None:
        return None
    if not rest:
        return Path(spec.origin)
    return module_file(Path(spec.origin).parent, rest)


def module_file(folder: Path, parts: list[str]) -> Path | None:
    """The file of a module below a folder, such as `a/b.py` or `a/b/__init__.py`."""
    path = folder.joinpath(*parts)
    candidates = [path.with_name(f"{path.name}{_SUFFIX}"), path / _PACKAGE_FILE]
    return next((file for file in reversed(candidates) if file.is_file()), None)


def import_root(file: Path, base: Path) -> Path:
    """The folder from which a file is imported: that of its outermost package."""
    folder = file.parent
    while (folder / _PACKAGE_FILE).is_file() and folder.resolve() != base.resolve():
        folder = folder.parent
    return folder


def module_name(file: Path, root: Path) -> str:
    """The dotted name of a file that is imported from a folder."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
