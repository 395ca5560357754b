"""The course: its notebooks run, they are small, and its table names places that exist."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline import prepare
from pipeline.evaluation import figures, intervals
from pipeline.evaluation.drawing import style
from tests.support import ROOT
from tests.support.notebooks import Kernel, cells_of
from tests.support.raw_sources import write_source
from tests.support.stores import add_store

COURSE = ROOT / "docs/course"
NOTEBOOKS = sorted(COURSE.glob("*.ipynb"))
TABLE = (COURSE / "README.md").read_text(encoding="utf-8").partition("## What is where")[2]
SMALL = {
    "small": 80,
    "steps": 20,
    "periods": 2,
    "weights_at": [1, 10, 20],
    "long_epochs": 1,
    "epochs": 1,
    "overfit_epochs": 2,
    "california_epochs": 1,
    "digit": 5,
    "photo": 5,
    "xor_epochs": 3,
    "second_epochs": 2,
    "most_epochs": 3,
    "patience": 5,
    "pause": 1,
    "early_steps": 2,
    "measure_every": 1,
    "evaluate_at": [0, 1, 2],
}
VARIANTS = {
    "iris_setosa": {},
    "xor": {},
    "mnist": {"split.validation": 20},
    "mnist_first_5000": {"split.validation": 20},
    "mnist_first_10000": {"rows": 60, "split.validation": 20},
    "cifar10": {"split.validation": 20},
    "california_ratios": {},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A project with a few random rows in place of each data variant of the course."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "params.yaml", folder)
    add_store(folder)
    change(folder / "conf/training/default.yaml", {"xla": False})
    write_sources(folder / "data/raw")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, changes in VARIANTS.items():
            change(folder / f"conf/data/{name}.yaml", changes)
            patch.setattr("sys.argv", ["prepare", name])
            prepare.main()
    return folder


def change(file: Path, changes: dict[str, object]) -> None:
    """Sets values of a file of settings."""
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    for key, value in changes.items():
        *groups, name = key.split(".")
        place = settings
        for group in groups:
            place = place[group]
        place[name] = value
    file.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")


def write_sources(raw: Path) -> None:
    from sklearn.datasets import load_iris

    for name, shape, rows in (("mnist", [28, 28, 1], 80), ("cifar10", [32, 32, 3], 60)):
        classes = yaml.safe_load((ROOT / f"conf/source/{name}.yaml").read_text())["classes"]
        train, test = (pixels(shape, count, seed) for count, seed in ((rows, 0), (40, 1)))
        facts = {"target": "label", "image_shape": shape, "pixel_maximum": 255, "classes": classes}
        write_source(raw / name, train=train, test=test, **facts)
    iris = load_iris(as_frame=True).frame
    iris.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    iris["species"] = iris["species"].map(dict(enumerate(["setosa", "versicolor", "virginica"])))
    write_source(raw / "iris", train=iris.to_csv(index=False))
    write_source(raw / "xor", train="a,b,xor\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    write_source(raw / "california_housing", train=districts(40))


def pixels(shape: list[int], rows: int, seed: int) -> str:
    """Random images of ten classes as CSV, a label first."""
    random = np.random.default_rng(seed)
    size = int(np.prod(shape))
    header = ",".join(["label", *(f"p{number}" for number in range(size))])
    lines = [",".join(map(str, [row % 10, *random.integers(0, 256, size)])) for row in range(rows)]
    return "\n".join([header, *lines]) + "\n"


def districts(rows: int) -> str:
    random = np.random.default_rng(0)
    numbers = (
        "longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,"
        "households,median_income,median_house_value"
    )
    values = random.uniform(1, 100, size=(rows, 9)).round(2)
    lines = [",".join([*map(str, row), "INLAND"]) for row in values]
    return "\n".join([f"{numbers},ocean_proximity", *lines]) + "\n"


@pytest.fixture
def in_course(course, monkeypatch):
    """Makes the project the current folder. Figures of a test are not laid out, to save time."""
    monkeypatch.chdir(course)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(style, "_DPI", 20)
    monkeypatch.setattr(figures, "png", lambda _: b"\x89PNG")
    monkeypatch.setattr(intervals, "_DRAWS", 20)
    monkeypatch.setattr(intervals, "_FEWEST_DRAWS", 20)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, in_course):
    kernel = Kernel()
    for cell in cells_of(path):
        kernel.run(cell, **{name: SMALL[name] for name in assigned(cell)})


def assigned(cell: dict[str, object]) -> list[str]:
    """The variables that a cell of parameters sets."""
    tags = cell["metadata"].get("tags", [])
    return re.findall(r"^(\w+) =", "".join(cell["source"]), re.M) if "parameters" in tags else []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_has_small_outputs(path):
    assert path.stat().st_size <= 300_000
    assert [cell["source"] for cell in cells_of(path) if cell["execution_count"] is None] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_hold_no_folder_of_a_machine(path):
    outputs = json.dumps([cell["outputs"] for cell in cells_of(path)])
    assert re.findall(r"/(?:home|root|tmp|work|Users)/", outputs) == []


def headings(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(one["source"]) for one in cells if one["cell_type"] == "markdown")
    return re.findall(r"^#+ (.+)$", text, re.M)


def places() -> list[tuple[str, str]]:
    """The notebook and the heading that each row of the table names."""
    return re.findall(r"\]\((\d-[\w-]+\.ipynb)\): ([^|;]+?) *(?=[|;])", TABLE)


def test_each_place_of_the_table_exists():
    found = places()
    assert len(found) >= 50
    missing = [(name, text) for name, text in found if text not in headings(COURSE / name)]
    assert missing == []


def test_each_heading_is_a_place_of_the_table():
    own = {(path.name, text) for path in NOTEBOOKS for text in headings(path)[1:]}
    assert own - set(places()) == {(path.name, "Exercise") for path in NOTEBOOKS if
                                   "Exercise" in headings(path)}  # fmt: skip
