"""Names of the user's own functions: what they may name, and what is refused."""

from pathlib import Path

import pytest

from pipeline.own.references import (
    Reference,
    import_root,
    is_reference,
    module_name,
    reference,
)
from tests.support import refusals

FORM = "path/to/file.py:name in this repository, or package.module:name of an installed package"


@pytest.fixture(autouse=True)
def _files(in_empty_folder, tmp_path_factory):
    Path("nets").mkdir()
    Path("nets/deep.py").write_text("def build(): pass\n")
    Path("my-model.py").write_text("def build(): pass\n")
    outside = tmp_path_factory.mktemp("elsewhere") / "evil.py"
    outside.write_text("def build(): pass\n")
    Path("link.py").symlink_to(outside)


def refusal(text: str) -> str:
    return refusals.refusal(reference, text, key="model.build")


@pytest.mark.parametrize(
    ("text", "module", "is_file"),
    [
        ("nets/deep.py:build", "nets/deep.py", True),
        ("my-model.py:build", "my-model.py", True),
        ("keras.applications:build", "keras.applications", False),
    ],
)
def test_file_or_installed_package_is_named(text, module, is_file):
    one = reference(text, key="model.build")
    assert one == Reference(module, "build")
    assert one.is_file is is_file
    assert str(one) == text


@pytest.mark.parametrize("text", ["", "build", "nets/deep.py", "nets/deep.py:", ":build", "a.py:1"])
def test_text_without_a_function_is_refused(text):
    received = text or "nothing"
    assert refusal(text) == f"model.build names no function. Received: {received}. Write {FORM}."


@pytest.mark.parametrize(
    "name", ["../evil.py", "/etc/evil.py", "nets/../../evil.py", "nets/../nets/deep.py", "link.py"]
)
def test_file_outside_of_the_repository_is_refused(name):
    assert refusal(f"{name}:build") == (
        f"model.build names a file outside of this repository. Received: {name}. "
        "Copy the file into the repository, and name it relative to the root."
    )


def test_missing_file_is_named():
    text = refusal("gone.py:build")
    assert text.startswith("model.build names a file that is missing: gone.py. Received: no such")


@pytest.mark.parametrize("module", ["os", "subprocess", "nowhere", "builtins"])
def test_standard_library_and_unknown_packages_are_refused(module):
    assert refusal(f"{module}:system") == (
        f"model.build names {module}, but this package is not installed. "
        f"Received: {module}:system. Write {FORM}."
    )


def test_local_module_is_named_by_its_file():
    assert refusal("nets.deep:build").endswith("Name the file: nets/deep.py:build.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.py:f", True),
        ("nets/a.py:f", True),
        ("keras.losses:LogCosh", True),
        ("accuracy", False),
        ("recall/setosa", False),
        ("recall/10:30", False),
        ("validation/loss", False),
    ],
)
def test_names_of_this_project_are_no_references(text, expected):
    assert is_reference(text) is expected


@pytest.mark.parametrize(
    ("file", "root", "name"),
    [
        ("plain/a.py", "plain", "a"),
        ("plain/pack/a.py", "plain", "pack.a"),
        ("plain/pack/sub/a.py", "plain", "pack.sub.a"),
        ("plain/pack/sub/__init__.py", "plain", "pack.sub"),
        ("own.py", ".", "own"),
    ],
)
def test_file_is_imported_from_its_outermost_package(file, root, name):
    Path("plain/pack/sub").mkdir(parents=True)
    for package in ("plain/pack", "plain/pack/sub", "."):
        (Path(package) / "__init__.py").touch()
    assert import_root(Path(file), Path()) == Path(root)
    assert module_name(Path(file), Path(root)) == name
