"""Figures of a run in a script, which displays none."""

from pathlib import Path

import pytest

from pipeline.notebooks.figures import Picture, Pictures
from tests.support import pages
from tests.support.refusals import refusal
from tests.support.results import png

RUN = Pictures({"learning_curves": Picture(png(2, 2), "two curves")})


@pytest.mark.usefixtures("in_empty_folder")
def test_script_of_the_page_saves_all_figures():
    (script,) = (one for one in pages.blocks("notebooks.md", "python") if ".save(" in one)
    exec(script, {"run": type("Run", (), {"figures": RUN})})
    assert Path("figures/learning_curves.png").read_bytes() == png(2, 2)


@pytest.mark.usefixtures("in_empty_folder")
def test_other_format_is_refused():
    assert refusal(RUN["learning_curves"].save, "curves.svg") == (
        "figures are saved as PNG. Received: curves.svg. Choose a name ending in .png."
    )
    assert not Path("curves.svg").exists()
