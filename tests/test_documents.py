"""The documents: links, commands and targets that they name exist."""

import re

import pytest

from tests.support import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
ADDED = {"pipeline.card"}  # docs/extending.md adds this command

TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_links_point_to_files(name):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(name))
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_named_modules_exist(name):
    modules = set(re.findall(r"python -m ((?:pipeline|tests)[\w.]*\w)", read(name))) - ADDED
    paths = {module: ROOT / f"{module.replace('.', '/')}.py" for module in modules}
    assert [module for module, path in paths.items() if not path.exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_named_make_targets_exist(name):
    shell = "".join(re.findall(r"^```sh\n(.*?)^```", read(name), re.DOTALL | re.MULTILINE))
    targets = re.findall(r"^make ([a-z]+)", shell, re.MULTILINE)
    targets += re.findall(r"`make ([a-z]+)", read(name))
    assert set(targets) <= set(TARGETS)


@pytest.mark.parametrize("name", NAMES)
def test_lines_have_at_most_100_characters(name):
    lines = [line for line in read(name).splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > 100] == []


def test_every_make_target_has_a_help_line():
    helped = re.findall(r"^([a-z]+):.*## \S", read("Makefile"), re.MULTILINE)
    assert helped == TARGETS
