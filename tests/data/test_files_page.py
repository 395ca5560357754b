"""Follows docs/files.md: writes its files, fetches its sources and compares the results."""

import re
import shutil
from pathlib import Path

import pytest

from pipeline.config.composition import compose
from pipeline.config.hydra_composition import register
from pipeline.config.source import FILE_SETTINGS, FetchConfig
from pipeline.data.fetching.sources import fetch
from tests.support import ROOT, pages
from tests.support.refusals import refusal

PAGE = "files.md"


@pytest.fixture
def _page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a folder with the files of the page the current one."""
    monkeypatch.chdir(tmp_path)
    for name, text in {**pages.named_blocks(PAGE, "text"), **pages.files(PAGE)}.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "conf/fetch.yaml", "conf")


@pytest.mark.usefixtures("_page")
def test_sources_of_the_page_give_its_rows():
    register("fetch", FetchConfig)
    results = pages.named_blocks(PAGE, "csv")
    sources = {Path(name).stem for name in pages.files(PAGE)}
    assert {Path(name).parent.name for name in results} == sources
    for name, rows in results.items():
        fetch(compose("fetch", FetchConfig, [f"source={Path(name).parent.name}"]).source)
        assert Path(name).read_text(encoding="utf-8") == rows


@pytest.mark.usefixtures("_page")
def test_error_of_the_page_names_all_settings():
    text = Path("logger.csv").read_text(encoding="utf-8")
    Path("logger.csv").write_bytes(text.encode("cp1252"))
    Path("conf/source/logger.yaml").write_text("path: logger.csv\n", encoding="utf-8")
    register("fetch", FetchConfig)
    message = refusal(fetch, compose("fetch", FetchConfig, ["source=logger"]).source)
    shown = pages.blocks(PAGE, "")[0]
    assert f"error: {message}" == " ".join(shown.split())


def test_table_has_every_setting():
    rows = re.findall(r"^\| (`.*?) \|", pages.text(PAGE), re.MULTILINE)
    settings = set(re.findall(r"\w+", " ".join(rows)))
    assert settings == {*FILE_SETTINGS, "path", "url", "files", "format", "columns"}
