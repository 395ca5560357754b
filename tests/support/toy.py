"""Toy experiments: the project's conf/, and prepared data of a few dozen rows."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import params
from pipeline.config.data import Data
from pipeline.config.data_composition import compose_data
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.data.prepared import Meta
from pipeline.data.preparing.preparation import prepare
from tests.support import ROOT
from tests.support.raw_sources import write_source

NUMBERS = range(60)

SHAPES = """source: shapes
task: classification
target: label
split: {test: 12, validation: 12, seed: 1}
"""
PAIRS = """source: pairs
task: classification
target: side
split: {test: 12, validation: 12, seed: 1}
"""
PRICES = """source: prices
task: regression
target: price
target_unit: 1000
drop: [rooms]
ratios: {rooms_per_house: [rooms, houses]}
split: {test: 12, validation: 12, seed: 1}
"""
VARIANTS = {"shapes": SHAPES, "pairs": PAIRS, "prices": PRICES}


def copy_conf(folder: Path) -> Path:
    """The repository's conf/ with the toy variants added.

    Its default network is small, because that compiles fast. Its batches divide the 36 training
    rows, because an engine compiles a second program for a smaller last batch.
    """
    conf = folder / "conf"
    shutil.copytree(ROOT / "conf", conf)
    _replace(conf / "config.yaml", "model: tabular", "model: mlp")
    _replace(conf / "model/mlp.yaml", "units: [64, 32]", "units: [8]")
    _replace(conf / "training/default.yaml", "batch_size: null", "batch_size: 12")
    for name, text in VARIANTS.items():
        (conf / f"data/{name}.yaml").write_text(text, encoding="utf-8")
    return conf


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new), encoding="utf-8")


def write_raw(folder: Path) -> None:
    """Writes images of three classes, points on two sides of a line, and prices with gaps."""
    random = np.random.default_rng(0)
    labels = [number % 3 for number in NUMBERS]
    images = random.integers(0, 60, size=(len(labels), 8, 8))
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 3] += 190
    header = ",".join(["label", *(f"p{number}" for number in range(64))])
    rows = [
        ",".join(map(str, [label, *image.ravel()]))
        for label, image in zip(labels, images, strict=True)
    ]
    facts = {
        "target": "label",
        "image_shape": [8, 8, 1],
        "pixel_maximum": 255,
        "classes": ["top", "middle", "bottom"],
    }
    write_source(folder / "shapes", train="\n".join([header, *rows]) + "\n", **facts)

    points = random.normal(size=(len(labels), 2)).round(3)
    rows = [f"{x},{y},{'above' if x + y > 0 else 'below'}" for x, y in points]
    write_source(folder / "pairs", train="\n".join(["x,y,side", *rows]) + "\n")
    write_source(
        folder / "prices",
        train="\n".join(["rooms,houses,size / m2,area,price", *map(_price, NUMBERS)]) + "\n",
    )


def _price(number: int) -> str:
    size = "" if number % 7 == 0 else str(20 + number)
    area = ("north", "south", "")[number % 3]
    return f"{number % 9},{number % 5},{size},{area},{1000 * (number % 9) + 50 * number}"


def prepare_all(folder: Path) -> dict[str, Meta]:
    """conf/, data/raw and data/prepared under `folder`; the facts of each variant."""
    conf = copy_conf(folder)
    write_raw(folder / "data/raw")
    return {
        name: prepare(
            data_settings(name, conf), raw_root=folder / "data/raw", root=folder / "data/prepared"
        )
        for name in VARIANTS
    }


def data_settings(name: str, conf: Path) -> Data:
    """The settings of a data variant of `conf`."""
    return compose_data(name, conf=conf)


def config_of(folder: Path, *overrides: str) -> ExperimentConfig:
    """Composes from `folder`'s conf/: two epochs and no early stopping, unless overridden."""
    stops = any(override.startswith("training.early_stopping") for override in overrides)
    stopping = () if stops else ("training.early_stopping=null",)
    short = ("training.epochs=2", *stopping, "tracking=memory")
    return compose_experiment([*short, *overrides], conf=folder / "conf")


def params_of(**keys: Any) -> params.Params:
    """Parameters with these keys; the other keys are empty."""
    empty: dict[str, Any] = {
        "sources": [],
        "own_files": {},
        "data": {},
        "experiments": {},
        "overrides": [],
    }
    return params.Params(**empty | keys)
