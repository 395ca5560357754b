from pathlib import Path

import numpy as np
import pytest

from pipeline.config.data import Task
from pipeline.data.preparing.images import read_images
from pipeline.data.preparing.preparation import prepare
from pipeline.data.raw import open_raw
from pipeline.errors import PipelineError
from tests.support.raw_sources import data_of, table, write_source

HEADER = "label,p0,p1,p2,p3,p4,p5"
FACTS = {
    "target": "label",
    "image_shape": [1, 2, 3],
    "pixel_maximum": 16,
    "classes": ["cat", "dog"],
}
ROWS = [f"{i % 2},{i},1,2,3,4,5" for i in range(10)]
SETTINGS = {"task": Task.classification, "target": "label"}


def source(tmp_path: Path, rows: list[str], test: list[str] | None = None, **facts: object) -> Path:
    content = None if test is None else table(test, HEADER)
    return write_source(
        tmp_path / "raw/own", train=table(rows, HEADER), test=content, **{**FACTS, **facts}
    )


def test_pixels_lie_row_by_row_with_channels_last(tmp_path):
    x, y = read_images(open_raw(source(tmp_path, ["1,0,1,2,3,4,5"])), "label")
    assert x.tolist() == [[[[0, 1, 2], [3, 4, 5]]]]
    assert (x.dtype, y.dtype, y.tolist()) == (np.uint8, np.int32, [1])


def test_rows_of_the_test_part_follow_those_of_the_training_part(tmp_path):
    _, y = read_images(
        open_raw(source(tmp_path, ["0,0,0,0,0,0,0", "1,0,0,0,0,0,0"], ["1,0,0,0,0,0,0"])), "label"
    )
    assert y.tolist() == [0, 1, 1]


def test_the_label_may_stand_in_any_column(tmp_path):
    content = "p0,p1,label,p2\n1,2,0,3\n"
    write_source(
        tmp_path / "own",
        train=content,
        target="label",
        image_shape=[1, 3, 1],
        pixel_maximum=16,
        classes=["a"],
    )
    x, y = read_images(open_raw(tmp_path / "own"), "label")
    assert (x.ravel().tolist(), y.tolist()) == ([1, 2, 3], [0])


def test_many_blocks_are_one_array(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.data.preparing.images._BLOCK", 128)
    rows = [f"{i % 2},{i % 17},0,0,0,0,{i % 3}" for i in range(500)]
    x, y = read_images(open_raw(source(tmp_path, rows)), "label")
    assert x[:, 0, 0, 0].tolist() == [i % 17 for i in range(500)]
    assert y.tolist() == [i % 2 for i in range(500)]


def test_prepared_images_stay_uint8_and_carry_their_facts(tmp_path):
    source(tmp_path, ROWS, ROWS[:3])
    meta = prepare(data_of(**SETTINGS), raw_root=tmp_path / "raw", root=tmp_path)
    assert (meta.shape, meta.dtype, meta.pixel_maximum, meta.classes) == (
        [1, 2, 3],
        "uint8",
        16,
        ["cat", "dog"],
    )
    assert meta.rows == {"train": 8, "validation": 2, "test": 3}
    assert meta.statistics["classes"]["test"] == {"cat": 2, "dog": 1}
    assert np.load(tmp_path / "own/train/x.npy").shape == (8, 1, 2, 3)


def test_images_have_no_rows_csv(tmp_path):
    source(tmp_path, ROWS)
    prepare(data_of(**SETTINGS), raw_root=tmp_path / "raw", root=tmp_path)
    assert not list(tmp_path.glob("own/*/rows.csv"))


def test_rows_are_the_first_of_the_training_part_and_the_test_part_stays_whole(tmp_path):
    source(tmp_path, ROWS, ROWS[:3])
    meta = prepare(
        data_of(rows=4, split={"validation": 2.0}, **SETTINGS),
        raw_root=tmp_path / "raw",
        root=tmp_path,
    )
    pixels = np.concatenate(
        [np.load(tmp_path / f"own/{part}/x.npy")[:, 0, 0, 0] for part in ("train", "validation")]
    )
    assert (sorted(pixels), meta.rows["test"]) == ([0, 1, 2, 3], 3)


def test_images_without_class_names_are_named_by_number(tmp_path):
    source(tmp_path, ROWS, classes=None)
    assert prepare(data_of(**SETTINGS), raw_root=tmp_path / "raw", root=tmp_path).classes == [
        "0",
        "1",
    ]


def test_one_class_of_images_against_all_others(tmp_path):
    source(tmp_path, ROWS)
    meta = prepare(data_of(positive="dog", **SETTINGS), raw_root=tmp_path / "raw", root=tmp_path)
    assert meta.classes == ["not dog", "dog"]


PIXEL = "Expected: a whole number from 0 to 16."
LABEL = "Expected: a whole number from 0 to 1."
BROKEN = {
    "pixel above the maximum": (
        "0,17,0,0,0,0,0",
        f"column p0: the value is not a pixel. Received: '17'. {PIXEL}",
    ),
    "pixel above a byte": (
        "0,0,256,0,0,0,0",
        f"column p1: the value is not a pixel. Received: '256'. {PIXEL}",
    ),
    "pixel below 0": (
        "0,0,0,-1,0,0,0",
        f"column p2: the value is not a pixel. Received: '-1'. {PIXEL}",
    ),
    "text": (
        "0,0,0,0,white,0,0",
        f"column p3: the value is not a pixel. Received: 'white'. {PIXEL}",
    ),
    "fraction": (
        "0,0,0,0,0,0.5,0",
        f"column p4: the value is not a pixel. Received: '0.5'. {PIXEL}",
    ),
    "missing": ("0,0,0,0,0,0,", f"column p5: the value is not a pixel. Received: ''. {PIXEL}"),
    "label out of range": (
        "2,0,0,0,0,0,0",
        f"column label: the value is not a label. Received: '2'. {LABEL}",
    ),
    "label as text": (
        "dog,0,0,0,0,0,0",
        f"column label: the value is not a label. Received: 'dog'. {LABEL}",
    ),
}


def refusal_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> str:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError) as refusal:
        prepare(data_of(**{**SETTINGS, **settings}), raw_root=Path("raw"), root=Path("prepared"))  # type: ignore[arg-type]
    assert not list(tmp_path.glob("prepared/**/*"))
    return str(refusal.value)


@pytest.mark.parametrize(("row", "line"), BROKEN.values(), ids=BROKEN)
def test_a_bad_value_is_told_by_line_and_column(tmp_path, monkeypatch, row, line):
    source(tmp_path, [*ROWS, row])
    assert refusal_of(tmp_path, monkeypatch) == f"raw/own/data.csv, line 12, {line}"


def test_a_bad_value_of_the_test_part_names_that_file(tmp_path, monkeypatch):
    source(tmp_path, ROWS, ["5,0,0,0,0,0,0"])
    assert refusal_of(tmp_path, monkeypatch) == (
        f"raw/own/test.csv, line 2, column label: the value is not a label. Received: '5'. {LABEL}"
    )


def test_a_short_row_of_pixels_is_told_by_line(tmp_path, monkeypatch):
    source(tmp_path, [*ROWS, "0,1"])
    assert refusal_of(tmp_path, monkeypatch) == (
        "raw/own/data.csv, line 12: the row is short. Received: 2 values. "
        "Expected: 7 values; p1 is the first column without one."
    )


def test_columns_must_fit_the_shape_of_the_images(tmp_path, monkeypatch):
    source(tmp_path, ROWS, image_shape=[2, 2, 3])
    assert refusal_of(tmp_path, monkeypatch) == (
        "raw/own/data.csv: the number of columns does not fit the images. Received: 7 columns. "
        "Expected: 13, the label and 2 by 2 by 3 pixels."
    )


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"target": "p0"},
            "data.target is not the label of the images. Received: p0. Expected: label.",
        ),
        (
            {"task": Task.regression},
            "data.task is not possible for images. Received: regression. Expected: classification.",
        ),
        (
            {"drop": ["p0"]},
            "data.drop is for tables alone. Received: ['p0']. Leave it out for images.",
        ),
        (
            {"positive": "cow"},
            "data.positive is not one of the labels. Received: cow. Allowed: cat, dog.",
        ),
    ],
)
def test_settings_that_images_cannot_have(tmp_path, monkeypatch, settings, line):
    source(tmp_path, ROWS)
    assert refusal_of(tmp_path, monkeypatch, **settings) == line
