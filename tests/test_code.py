"""The code that a result depends on: imports, registries, and digests of what the code does."""

import ast
import shutil
from pathlib import Path

import pytest

from pipeline import code
from pipeline.code import PACKAGE, Package
from tests.support import ROOT
from tests.support.refusals import refusal

X = "x = 1\n"
MAIN = 'if __name__ == "__main__":\n    print()\n'


def package(folder: Path, **texts: str) -> Package:
    """Writes a package `toy` of these modules; `a__b` is the module `b` of the package `a`."""
    for name, text in texts.items():
        path = folder / "toy" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for parent in (folder / "toy").rglob("*/"):
        (parent / "__init__.py").write_text(X, encoding="utf-8")
    (folder / "toy/__init__.py").write_text(X, encoding="utf-8")
    return Package(folder / "toy")


def digest(folder: Path, text: str) -> str:
    """The digest of a module with this text."""
    return package(folder, module=text).digest({"toy.module"})


def test_closure_has_imports_of_functions_and_parent_packages(tmp_path):
    toy = package(
        tmp_path,
        main="import os\nfrom toy.rooms import hall\ndef f():\n    import toy.rooms.attic\n",
        other='from importlib import import_module\nimport_module("toy.rooms.attic")\n',
        rooms__hall="from . import cellar\n",
        rooms__attic=X,
        rooms__cellar=X,
        rooms__shed=X,
    )
    rooms = {"toy.rooms.hall", "toy.rooms.attic", "toy.rooms.cellar"}
    assert toy.closure("toy.main") == {"toy", "toy.main", "toy.rooms"} | rooms
    assert toy.closure("toy.other") == {"toy", "toy.other", "toy.rooms", "toy.rooms.attic"}


def test_closure_has_the_items_of_a_registry(tmp_path):
    toy = package(
        tmp_path,
        main='from pipeline.registry import Registry\nR = Registry("toy.items", "item")\n',
        items__one="import toy.helper\n",
        items__two=X,
        items___private=X,
        helper=X,
    )
    assert toy.closure("toy.main") == {
        "toy",
        "toy.main",
        "toy.items",
        "toy.items.one",
        "toy.items.two",
        "toy.helper",
    }


def test_choice_narrows_a_registry(tmp_path):
    toy = package(tmp_path, main='R = Registry("toy.items", "item")\n', items__one=X, items__two=X)
    only = toy.closure("toy.main", chosen={"toy.items": ["two", "foreign"]})
    assert "toy.items.two" in only
    assert not {"toy.items.one", "toy.items.foreign"} & only


def test_module_left_out_is_not_followed(tmp_path):
    toy = package(tmp_path, main="import toy.near\n", near="import toy.far\n", far=X)
    assert toy.closure("toy.main", without=["toy.near"]) == {"toy", "toy.main"}


def test_module_without_code_is_left_out(tmp_path):
    toy = package(tmp_path, main="import toy.empty\n", empty='"""Only a docstring."""\n')
    assert toy.closure("toy.main") == {"toy", "toy.main"}


def test_unknown_root_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"not a module: toy\.mian"):
        package(tmp_path, main=X).closure("toy.mian")


def test_commands_are_the_modules_that_can_be_run(tmp_path):
    toy = package(tmp_path, go=MAIN, library="x = 1\n", rooms__run=MAIN)
    assert toy.commands() == ["go"]


TEXT = '''"""Doc."""
from pipeline.errors import PipelineError, require

def check(x):
    """Doc."""
    require(x > 0, "x", received=x, expected="a number above 0")
    if x > 9:
        raise PipelineError(f"{x} is large", expected="less")
    return {"x": x}
'''
SAME = {
    "comment": ("    if x", "    # A reason.\n    if x"),
    "docstring": ('"""Doc."""', '"""Another."""'),
    "no docstring": ('    """Doc."""\n', ""),
    "formatting": ('"x", received=x,', '"x",\n        received=x,'),
    "text of a rule": ('"a number above 0"', '"something positive"'),
    "name in a rule": ('"x", received', '"y", received'),
    "text of an error": ('f"{x} is large"', 'f"too large: {x}"'),
    "advice of an error": ('expected="less"', 'expected="Choose a smaller one"'),
}
DIFFERENT = {
    "condition of a rule": ("x > 0", "x >= 0"),
    "condition of an error": ("x > 9", "x > 8"),
    "kind of an error": ("raise PipelineError", "raise ValueError"),
    "text that is a value": ('{"x": x}', '{"y": x}'),
    "value in an error": ("received=x", "received=-x"),
}


@pytest.mark.parametrize("edit", SAME)
def test_edit_without_effect_keeps_the_digest(tmp_path, edit):
    assert SAME[edit][0] in TEXT
    assert digest(tmp_path, TEXT.replace(*SAME[edit])) == digest(tmp_path, TEXT)


@pytest.mark.parametrize("edit", DIFFERENT)
def test_edit_with_effect_changes_the_digest(tmp_path, edit):
    assert DIFFERENT[edit][0] in TEXT
    assert digest(tmp_path, TEXT.replace(*DIFFERENT[edit])) != digest(tmp_path, TEXT)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('require("a" == x, "k")', 'require("b" == x, "k")'),
        ('require("a" in x, "k")', 'require("b" in x, "k")'),
        ('require(f("a"), "k")', 'require(f("b"), "k")'),
    ],
)
def test_text_within_a_condition_counts(tmp_path, first, second):
    head = "from pipeline.errors import require\n"
    assert digest(tmp_path, head + first) != digest(tmp_path, head + second)


def test_only_texts_of_messages_are_ignored(tmp_path):
    assert digest(tmp_path, 'log("a")') != digest(tmp_path, 'log("b")')
    head = "from pipeline.console import log as note\n"
    assert digest(tmp_path, f'{head}note("a")') == digest(tmp_path, f'{head}note("b")')
    assert digest(tmp_path, f'{head}np.note("a")') != digest(tmp_path, f'{head}np.note("b")')


def test_message_that_sets_a_variable_counts(tmp_path):
    one, two = ("raise ValueError(f'{(x := 1)}')", "raise ValueError(f'{(x := 2)}')")
    assert digest(tmp_path, one) != digest(tmp_path, two)


def test_name_of_a_module_counts(tmp_path):
    toy = package(tmp_path, one="x = 1\n", two="x = 1\n")
    assert toy.digest({"toy.one"}) != toy.digest({"toy.two"})


def test_template_counts_where_its_package_is_reached(tmp_path):
    package(tmp_path, main="", rooms__hall="")
    template = tmp_path / "toy/rooms/templates/page.j2"
    template.parent.mkdir()

    def digests(text: str) -> list[str]:
        template.write_text(text)
        toy = Package(tmp_path / "toy")
        return [toy.digest(toy.closure(f"toy.{name}")) for name in ("main", "rooms.hall")]

    before, after = digests("a"), digests("b")
    assert before[0] == after[0]
    assert before[1] != after[1]
    assert "toy/rooms/templates/page.j2" in Package(tmp_path / "toy").listing({"toy.rooms"})


@pytest.mark.parametrize("name", ["rooms/__pycache__/hall.pyc", "rooms/.hall.py.swp"])
def test_cache_and_hidden_file_do_not_count(tmp_path, name):
    toy = package(tmp_path, rooms__hall="")
    before = toy.listing({"toy.rooms"})
    (tmp_path / "toy" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "toy" / name).write_text("x")
    assert Package(tmp_path / "toy").listing({"toy.rooms"}) == before


def test_process_sees_one_state_of_its_code(tmp_path):
    toy = package(tmp_path, main="x = 1\n")
    before = toy.digest({"toy.main"})
    (tmp_path / "toy/main.py").write_text("x = 2\n")
    assert toy.digest({"toy.main"}) == before


@pytest.fixture(scope="module")
def unparsed(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A copy of the pipeline as `ast.unparse` writes it: no comment, another format throughout."""
    folder = tmp_path_factory.mktemp("unparsed") / "pipeline"
    shutil.copytree(ROOT / "pipeline", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.rglob("*.py"):
        path.write_text(ast.unparse(ast.parse(path.read_text("utf-8"))), encoding="utf-8")
    return Package(folder)


@pytest.fixture(scope="module")
def undocumented(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A copy of the pipeline with other docstrings."""
    folder = tmp_path_factory.mktemp("undocumented") / "pipeline"
    shutil.copytree(ROOT / "pipeline", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                node.body.insert(0, ast.Expr(ast.Constant("Another docstring.")))
        path.write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
    return Package(folder)


def test_formatting_changes_no_digest_of_the_pipeline(unparsed):
    assert unparsed.listing(unparsed.paths) == PACKAGE.listing(PACKAGE.paths)


def test_docstrings_change_no_digest_of_the_pipeline(undocumented):
    assert undocumented.listing(undocumented.paths) == PACKAGE.listing(PACKAGE.paths)


@pytest.mark.parametrize("words", [["own=others"], ["features=mine"], ["own=mine", "features"]])
def test_other_words_than_an_entry_of_own_code_are_refused(in_empty_folder, call, words):
    (in_empty_folder / "mine.py").touch()
    (in_empty_folder / "params.yaml").write_text("own_code: {mine: mine.py}\n", encoding="utf-8")
    assert refusal(call, code, *words).startswith(
        "this command takes no argument, features, or one entry of own_code in params.yaml. "
        f"Received: {' '.join(words)}. Write own=<name>."
    )
