"""Compares the installed packages with those of a run."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline.reproducing.original import Original
from pipeline.runs.lineage import packages

# These packages prepare and train. Others cannot change a result.
_THAT_COMPUTE = ("keras", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "tensorflow")


def differing(original: Original) -> dict[str, tuple[str | None, str | None]]:
    """The packages that can change the result and differ, with the versions in the run and here."""
    then: Mapping[str, str] = original.lineage["packages"]
    own = original.identity.get("own", {}).get("packages", {})
    names = _needed([*_THAT_COMPUTE, *map(canonicalize_name, own)])
    here = packages()
    return {
        name: (then.get(name), here.get(name))
        for name in sorted(names)
        if then.get(name) != here.get(name)
    }


def in_words(differing: Mapping[str, tuple[str | None, str | None]]) -> list[str]:
    """Such as `numpy was 2.2.6, and here it is 2.3.0`."""
    return [
        f"{name} was {then or 'not installed'}, and here it is {now or 'not installed'}"
        for name, (then, now) in differing.items()
    ]


def _needed(names: list[str]) -> set[str]:
    """Some packages and all that they require."""
    result: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        if name not in result:
            result.add(name)
            queue += _required_by(name)
    return result


def _required_by(name: str) -> list[str]:
    try:
        listed = [Requirement(line) for line in requires(name) or []]
    except PackageNotFoundError:
        return []
    return [
        canonicalize_name(one.name) for one in listed if one.marker is None or one.marker.evaluate()
    ]
