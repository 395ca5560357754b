"""The documents: links, commands, targets and claims that they name exist."""

import json
import re
from pathlib import Path

import pytest
import yaml

from pipeline.reporting.results import look_up
from tests.support import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
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
    text = re.sub(r"^```(csv|json)\n.*?^```", "", read(name), flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in text.splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > 100] == []


def test_every_make_target_has_a_help_line():
    helped = re.findall(r"^([a-z]+):.*## \S", read("Makefile"), re.MULTILINE)
    assert helped == TARGETS


@pytest.mark.parametrize("name", NAMES)
def test_links_point_to_headings(name):
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", read(name))
    wrong = [
        (path, anchor)
        for path, anchor in links
        if anchor not in anchors((ROOT / name).parent / path if path else ROOT / name)
    ]
    assert wrong == []


def anchors(path: Path) -> set[str]:
    """The anchors that a forge makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def result_rows() -> list[tuple[list[str], float]]:
    """The experiments and the bound of each row in the tables of results in the README."""
    rows = [line.split("|")[1:4] for line in read("README.md").splitlines() if "[0." in line]
    return [
        (re.findall(r"`(\w+)`", experiments), float(re.search(r"[≥≤] ([\d.]+)", bound)[1]))
        for experiments, _, bound in ([cell.strip() for cell in row] for row in rows)
    ]


def test_readme_states_the_bounds_of_claims():
    rows = result_rows()
    assert len(rows) == 16
    for names, bound in rows:
        for name in names:
            claims = yaml.safe_load(read(f"conf/experiment/{name}.yaml"))["claims"]
            assert bound in [value for claim in claims for value in claim.values()], name


def test_claims_of_the_page_are_paths_into_metrics():
    page = read("docs/configuration.md").partition("## Claims")[2]
    claims = yaml.safe_load(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1])["claims"]
    metrics = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL)[1])
    assert [claim for claim in claims if look_up(metrics, claim["metric"]) is None] == []
