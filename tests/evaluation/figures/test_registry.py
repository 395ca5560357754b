"""All figures of an experiment, and how they are written."""

import json
from dataclasses import replace

from pipeline.evaluation.figures import FIGURES, draw_all, write
from tests.support.subjects import dense, served


def test_every_kind_has_its_own_place_and_text():
    kinds = [module.FIGURE for module in FIGURES.all().values()]
    assert len({kind.place for kind in kinds}) == len(kinds)
    assert all(kind.alt for kind in kinds)


def test_figures_come_in_the_order_of_their_places(dense_on_images):
    names = [drawing.name for drawing in draw_all(dense_on_images)]
    kinds = [next(kind for kind in FIGURES.names() if name.startswith(kind)) for name in names]
    places = [FIGURES.load(kind, key="").FIGURE.place for kind in kinds]
    assert len(names) > 1
    assert places == sorted(places)


def test_figure_has_name_title_and_text(dense_on_images):
    one = replace(dense_on_images, snapshots={10: served(dense(), dense_on_images.meta)})
    drawings = {drawing.name: drawing for drawing in draw_all(one)}
    drawing = drawings["first_layer_weights_step_000010"]
    assert drawing.title == "first layer weights step 10"
    assert drawing.alt.startswith("first layer weights step 10 of toy: the weights of each unit")
    assert drawings["first_layer_weights"].title == "first layer weights"


def test_index_lists_every_file_in_order(regressing, tmp_path):
    names = [drawing.name for drawing in draw_all(regressing)]
    assert write(regressing, tmp_path).count == len(names)
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert [item["file"] for item in index] == [f"{name}.png" for name in names]
    assert {tuple(sorted(item)) for item in index} == {("alt", "file", "title")}
    for item in index:
        assert (tmp_path / item["file"]).read_bytes().startswith(b"\x89PNG")
