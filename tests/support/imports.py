"""The imports of the package, read from its source: what the architecture tests and dvc.yaml are held to."""

import ast
from functools import cache
from pathlib import Path

from tests.support import ROOT


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imported(name: str) -> frozenset[str]:
    """Dotted names that a module imports anywhere in its text, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def closure(name: str) -> set[str]:
    """The modules of the package that importing `name` may load, itself and parent packages included."""
    known, seen, waiting = modules(), set(), [name]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in known:
            continue
        seen.add(current)
        parts = current.split(".")
        waiting += [".".join(parts[:end]) for end in range(1, len(parts))]
        waiting += imported(current)
    return seen


def files_of(names: set[str]) -> set[str]:
    return {str(modules()[name].relative_to(ROOT)) for name in names}
