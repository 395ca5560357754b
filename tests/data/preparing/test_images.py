from pathlib import Path

import numpy as np
import pytest

from pipeline.config.data import Task
from pipeline.config.split import Duplicates
from pipeline.data.preparing.images import read_images
from pipeline.data.preparing.preparation import prepare
from pipeline.data.raw import open_raw
from tests.support.raw_sources import data_of, table, write_source
from tests.support.refusals import refusal

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


def test_pixels_are_ordered_with_channels_last(tmp_path):
    x, y = read_images(open_raw(source(tmp_path, ["1,0,1,2,3,4,5"])), "label")
    assert x.tolist() == [[[[0, 1, 2], [3, 4, 5]]]]
    assert (x.dtype, y.dtype, y.tolist()) == (np.uint8, np.int32, [1])


def test_test_rows_follow_training_rows(tmp_path):
    _, y = read_images(
        open_raw(source(tmp_path, ["0,0,0,0,0,0,0", "1,0,0,0,0,0,0"], ["1,0,0,0,0,0,0"])), "label"
    )
    assert y.tolist() == [0, 1, 1]


def test_label_may_be_any_column(tmp_path):
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


def test_blocks_become_one_array(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.data.preparing.images._BLOCK", 128)
    rows = [f"{i % 2},{i % 17},0,0,0,0,{i % 3}" for i in range(500)]
    x, y = read_images(open_raw(source(tmp_path, rows)), "label")
    assert x[:, 0, 0, 0].tolist() == [i % 17 for i in range(500)]
    assert y.tolist() == [i % 2 for i in range(500)]


def test_prepared_images_are_uint8_with_facts(tmp_path):
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


def test_setting_rows_leaves_the_test_split(tmp_path):
    source(tmp_path, ROWS, ROWS[:3])
    meta = prepare(
        data_of(rows=4, split={"validation": 2.0}, **SETTINGS),
        raw_root=tmp_path / "raw",
        root=tmp_path,
    )
    pixels = np.concatenate(
        [np.load(tmp_path / f"own/{split}/x.npy")[:, 0, 0, 0] for split in ("train", "validation")]
    )
    assert (sorted(pixels), meta.rows["test"]) == ([0, 1, 2, 3], 3)


def test_unnamed_classes_are_named_by_number(tmp_path):
    source(tmp_path, ROWS, classes=None)
    assert prepare(data_of(**SETTINGS), raw_root=tmp_path / "raw", root=tmp_path).classes == [
        "0",
        "1",
    ]


def test_positive_class_makes_two_classes(tmp_path):
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


def error_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> str:
    monkeypatch.chdir(tmp_path)
    data = data_of(**{**SETTINGS, **settings})  # type: ignore[arg-type]
    message = refusal(prepare, data, raw_root=Path("raw"), root=Path("prepared"))
    assert not list(tmp_path.glob("prepared/**/*"))
    return message


@pytest.mark.parametrize(("row", "line"), BROKEN.values(), ids=BROKEN)
def test_invalid_value_is_located(tmp_path, monkeypatch, row, line):
    source(tmp_path, [*ROWS, row])
    assert error_of(tmp_path, monkeypatch) == f"raw/own/data.csv, line 12, {line}"


def test_invalid_value_of_test_split_is_located(tmp_path, monkeypatch):
    source(tmp_path, ROWS, ["5,0,0,0,0,0,0"])
    assert error_of(tmp_path, monkeypatch) == (
        f"raw/own/test.csv, line 2, column label: the value is not a label. Received: '5'. {LABEL}"
    )


def test_short_row_is_located(tmp_path, monkeypatch):
    source(tmp_path, [*ROWS, "0,1"])
    assert error_of(tmp_path, monkeypatch) == (
        "raw/own/data.csv, line 12: the row is too short. Received: 2 values. "
        "Expected: 7 values; p1 is the first column without one."
    )


@pytest.mark.parametrize("value", ["1", "white"])
def test_test_split_must_have_the_same_columns(tmp_path, monkeypatch, value):
    header = HEADER.replace("p5", "p6")
    test = table([f"0,0,0,0,0,0,{value}"], header)
    write_source(tmp_path / "raw/own", train=table(ROWS, HEADER), test=test, **FACTS)
    assert error_of(tmp_path, monkeypatch) == (
        "raw/own/test.csv, line 1: column 7 differs from that of the source. "
        "Received: p6. Expected: p5."
    )


def test_columns_must_match_the_image_shape(tmp_path, monkeypatch):
    source(tmp_path, ROWS, image_shape=[2, 2, 3])
    assert error_of(tmp_path, monkeypatch) == (
        "raw/own/data.csv: the number of columns does not match source.image_shape. "
        "Received: 7 columns. Expected: 13, the label and 2 by 2 by 3 pixels."
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
            "data.task is invalid for images. Received: regression. Expected: classification.",
        ),
        (
            {"drop": ["p0"]},
            "data.drop is a setting for tables, and the source holds images. Received: ['p0']. "
            "Remove the setting.",
        ),
        (
            {"split": {"group": "p0"}},
            "data.split.group is a setting for tables, and the source holds images. "
            "Received: p0. Remove the setting.",
        ),
        (
            {"split": {"time": "p0"}},
            "data.split.time is a setting for tables, and the source holds images. "
            "Received: p0. Remove the setting.",
        ),
        (
            {"positive": "cow"},
            "data.positive is not one of the labels. Received: cow. Allowed: cat, dog.",
        ),
    ],
)
def test_settings_for_tables_are_refused(tmp_path, monkeypatch, settings, line):
    source(tmp_path, ROWS)
    assert error_of(tmp_path, monkeypatch, **settings) == line


def test_equal_images_are_counted(tmp_path):
    source(tmp_path, [*ROWS, *ROWS], ROWS[:3])
    meta = prepare(data_of(**SETTINGS), raw_root=tmp_path / "raw", root=tmp_path)
    assert meta.statistics["overlap"]["test"]["equal"] == 3
    assert meta.remarks == [
        "4 of 4 validation rows and 3 of 3 test rows equal a training row. "
        "To change this, set data.split.duplicates: drop"
    ]


def test_same_pixels_with_another_label_are_counted(tmp_path):
    source(tmp_path, ROWS, ["1,0,1,2,3,4,5"])
    meta = prepare(data_of(**SETTINGS), raw_root=tmp_path / "raw", root=tmp_path)
    assert meta.statistics["overlap"]["test"] == {
        "equal": 0,
        "other_target": 1,
        "near": 0,
        "compared": 0,
    }


def test_images_of_the_own_test_split_can_be_dropped_from_training(tmp_path):
    source(tmp_path, [*ROWS, *ROWS], ROWS[:3])
    meta = prepare(
        data_of(split={"duplicates": Duplicates.drop}, **SETTINGS),
        raw_root=tmp_path / "raw",
        root=tmp_path,
    )
    assert meta.rows == {"train": 5, "validation": 2, "test": 3}
    assert [counts["equal"] for counts in meta.statistics["overlap"].values()] == [0, 0]
