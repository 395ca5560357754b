"""The command `look` with images."""

import shutil
from pathlib import Path

import pytest

from pipeline import look
from tests.support import ROOT
from tests.support.drawings import draw_folders


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw_folders(Path("photos"), "cat/1.png", "cat/2.png", "dog/1.png")


def test_folder_shows_its_images(call, capsys):
    call(look, "photos/", "--markdown")
    printed = capsys.readouterr().out
    assert "| file | pixels |  |  |  | 0 to 255 of 255 | 4 by 6 pixels of 3 channels |" in printed
    assert "| label | category | cat, dog |  | 2 | cat: 2, dog: 1 |" in printed
    assert "- image_shape: [4, 6, 3], because all images have this size" in printed


def test_variant_of_pixels_shows_its_images(call, capsys):
    shutil.copytree(ROOT / "conf", "conf")
    Path("faces.csv").write_text("emotion,pixels\n0,1 2 3 4\n1,5 6 7 8\n", encoding="utf-8")
    Path("conf/source/faces.yaml").write_text("path: faces.csv\npixels: pixels\n", encoding="utf-8")
    text = "task: classification\ntarget: emotion\n"
    Path("conf/data/faces.yaml").write_text(text, encoding="utf-8")
    from pipeline import fetch

    call(fetch, "source=faces")
    call(look, "faces", "--markdown")
    assert "| pixels | pixels |  |  |  | 1 to 8 of 255 | 2 by 2 pixels of 1 channel |" in (
        capsys.readouterr().out
    )
