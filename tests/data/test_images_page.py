"""Follows docs/images.md: draws its images, fetches its sources and prepares its data variants."""

import runpy
import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.config.composition import compose
from pipeline.config.data import PrepareConfig
from pipeline.config.hydra_composition import register
from pipeline.config.source import IMAGE_SETTINGS, FetchConfig
from pipeline.data.fetching.sources import fetch
from pipeline.data.prepared import Meta
from pipeline.data.preparing.preparation import prepare
from tests.support import ROOT, pages
from tests.support.drawings import draw
from tests.support.refusals import refusal

PAGE = "images.md"


@pytest.fixture
def _page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a folder with the files of the page the current one."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "conf", "conf")
    for name, text in {**pages.named_blocks(PAGE, "text"), **pages.files(PAGE)}.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    runpy.run_path("draw.py")
    for name in ("a1.png", "a2.png"):
        draw(Path("birds/images", name))
    register("fetch", FetchConfig)
    register("prepare", PrepareConfig)


def prepared(name: str, *overrides: str) -> Meta:
    fetch(compose("fetch", FetchConfig, [f"source={name}"]).source)
    return prepare(compose("prepare", PrepareConfig, [f"data={name}", *overrides]).data)


@pytest.mark.usefixtures("_page")
def test_folders_of_the_page_become_data():
    meta = prepared("shapes")
    assert (meta.shape, meta.classes) == ([32, 32, 3], ["circle", "square", "triangle"])
    assert meta.rows == {"train": 38, "validation": 10, "test": 12}


@pytest.mark.usefixtures("_page")
def test_params_of_the_page_name_what_dvc_watches():
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    source = compose("fetch", FetchConfig, ["source=shapes"]).source
    assert params["own_files"] == {"shapes": source.own_files}


@pytest.mark.usefixtures("_page")
def test_list_of_the_page_is_fetched():
    facts = fetch(compose("fetch", FetchConfig, ["source=birds"]).source)
    assert (facts["file_column"], facts["files"]["data.npy"]["rows"]) == ("file", 2)


@pytest.mark.usefixtures("_page")
def test_pixels_of_the_page_become_data():
    meta = prepared("letters")
    assert (meta.shape, meta.classes, meta.pixel_maximum) == ([2, 2, 1], ["a", "b"], 255)


@pytest.mark.usefixtures("_page")
def test_cells_of_the_page_become_data():
    meta = prepared("faces")
    assert (meta.shape, meta.rows) == ([2, 2, 1], {"train": 2, "validation": 1, "test": 1})


@pytest.mark.usefixtures("_page")
def test_error_of_the_page_names_all_files():
    damaged = Path("shapes/circle/0.png")
    damaged.write_bytes(damaged.read_bytes()[:100])
    Path("shapes/circle/notes.txt").write_text("x", encoding="utf-8")
    message = refusal(fetch, compose("fetch", FetchConfig, ["source=shapes"]).source)
    shown = pages.text(PAGE).partition("```\nerror: ")[2].partition("```")[0]
    assert " ".join(shown.split()) == message


def test_table_has_every_setting():
    rows = pages.text(PAGE).partition("## Settings")[2].splitlines()
    settings = {line.split("`")[1] for line in rows if line.startswith("| `")}
    assert settings >= {*IMAGE_SETTINGS, "pixels", "image_shape", "pixel_maximum", "classes"}
