"""Changes single lines of the product and counts the changes that the suite notices.

python -m tests.chaos.mutants [--mutants 60] [--seed 1] [--seconds 240]

Each mutant is a copy of the project with one changed operator, constant, condition or call. The
test files that import the changed module run in it, the nearest first, until one fails that passes
in a copy without a change. Survivors are printed: the suite has a gap there, or the change does not
alter behaviour.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.code import PACKAGE
from tests.support import ROOT, warm

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
_LONGEST = 900.0  # seconds of one test file, so that a busy machine is not taken for a hang
_UNCHANGED: dict[Path, bool] = {}  # whether the test files passed without a change
_FORKS = {"PYTHONPATH": str(Path(warm.__file__).parent)}
_FOR_PEOPLE = ("log", "say", "require", "suggestion")


@dataclass(frozen=True)
class Mutant:
    """One change: the text of `file` after it, and the line as it was and as it is."""

    file: Path
    line: int
    before: str
    after: str
    text: str


def mutants(file: Path) -> Iterator[Mutant]:
    """Every single change of one module."""
    source = (ROOT / file).read_text(encoding="utf-8")
    lines = source.splitlines()
    places = list(_places(ast.parse(source)))
    for number in range(len(places)):
        tree = ast.parse(source)
        node = list(_places(tree))[number]
        assert isinstance(node, ast.expr | ast.stmt)
        start, end = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before = ast.unparse(node)
        after = _changed(node)
        first, last = lines[start][: node.col_offset], lines[end][node.end_col_offset :]
        text = "\n".join([*lines[:start], f"{first}{after}{last}", *lines[end + 1 :]]) + "\n"
        yield Mutant(file, node.lineno, before, after, text)


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that can be changed; annotations, messages, keys and checks are left out."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or _is_for_people(node) or _is_check_of_zip(node):
                continue
            if _can_change(node):
                yield node
            yield from _places(node)


def _is_for_people(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    return name in _FOR_PEOPLE or name.endswith("Error")


def _is_check_of_zip(node: ast.AST) -> bool:
    """Whether this is `strict=True`: without it, only a fault of the code would go unnoticed."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _can_change(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS
    if isinstance(node, ast.BinOp):
        texts = (ast.Constant, ast.JoinedStr)
        return type(node.op) in _ARITHMETIC and not isinstance(node.left, texts)
    if isinstance(node, ast.Constant):
        return type(node.value) in (bool, int)
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return call or isinstance(node, ast.BoolOp) or _is_not(node)


def _is_not(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _changed(node: ast.AST) -> str:
    if isinstance(node, ast.Compare):
        node.ops = [_COMPARISONS[type(node.ops[0])]()]
    elif isinstance(node, ast.BinOp):
        node.op = _ARITHMETIC[type(node.op)]()
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp):
        return f"({ast.unparse(node.operand)})"
    else:
        return "pass"
    return f"({ast.unparse(node)})"


def tests_of(file: Path) -> list[Path]:
    """The test files that import a module, also through others, and those of its folder.

    The nearest come first.
    """
    module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
    mirror = ROOT / "tests" / file.parent.relative_to("pipeline")
    distances: dict[Path, int] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "browser" in path.parts:
            continue
        imported = _imports(path)
        if module in imported or path.stem == f"test_{file.stem}":
            distances[path] = 0
        elif path.parent == mirror != ROOT / "tests":
            distances[path] = 1
        elif module in _closure(imported):
            distances[path] = 1 if path.parent.name in file.parts else 2
    return sorted(distances, key=lambda path: (distances[path], path.stat().st_size))


def _closure(names: set[str]) -> frozenset[str]:
    return PACKAGE.closure(*(names & PACKAGE.paths.keys()))


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline"):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        elif isinstance(node, ast.Constant) and str(node.value).startswith("pipeline."):
            names.add(str(node.value))  # a command that a test starts as a process
    return names


def noticing(mutant: Mutant, seconds: float) -> Path | None:
    """The test file that fails in a copy of the project with this change, if any."""
    with copied(mutant) as folder:
        deadline = time.monotonic() + seconds
        for test in tests_of(mutant.file):
            if time.monotonic() > deadline:
                return None
            if not passes(test, folder) and passes_unchanged(test):
                return test
    return None


@contextmanager
def copied(mutant: Mutant | None) -> Iterator[Path]:
    """A copy of the project, with a change or as it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in _parts():
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part)
            else:
                shutil.copy(ROOT / part, folder / part)
        if mutant is not None:
            (folder / mutant.file).write_text(mutant.text, encoding="utf-8")
        yield folder


@cache
def _parts() -> set[str]:
    """The files and folders of the project."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {Path(line).parts[0] for line in listed.stdout.splitlines()}


def passes(test: Path, folder: Path) -> bool:
    """Whether the tests of a file pass in a copy, in a fork that has imported the libraries.

    A change may make them hang.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    with suppress(subprocess.TimeoutExpired):
        return not subprocess.run(
            [*command, str(test.relative_to(ROOT))],
            cwd=folder,
            env=os.environ | _FORKS | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=_LONGEST,
            check=False,
        ).returncode
    return False


def passes_unchanged(test: Path) -> bool:
    """Whether the tests of a file pass in a copy without a change."""
    if test not in _UNCHANGED:
        with copied(None) as folder:
            _UNCHANGED[test] = passes(test, folder)
        if not _UNCHANGED[test]:
            print(f"{test.relative_to(ROOT)} fails without a change, so it does not count")
    return _UNCHANGED[test]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.mutants", description=__doc__)
    parser.add_argument("--mutants", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=240.0, help="for the tests of one mutant")
    options = parser.parse_args(arguments)
    files = sorted(path.relative_to(ROOT) for path in (ROOT / "pipeline").rglob("*.py"))
    every = [mutant for file in files for mutant in mutants(file)]
    chosen = random.Random(options.seed).sample(every, options.mutants)
    warm.share()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        noticed = list(pool.map(lambda mutant: _tried(mutant, options.seconds), chosen))
    print(f"{sum(noticed)} of {len(chosen)} changes were noticed")
    return 0


def _tried(mutant: Mutant, seconds: float) -> bool:
    test = noticing(mutant, seconds)
    place = f"{mutant.file}:{mutant.line}"
    verdict = f"noticed by {test.relative_to(ROOT)}" if test else "SURVIVED"
    print(f"{place}  {mutant.before}  ->  {mutant.after}  {verdict}", flush=True)
    return test is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
