from pathlib import Path

import numpy as np
import pytest

from pipeline.config.data import Task
from pipeline.config.source import Source
from pipeline.config.split import Duplicates, SplitMethod
from pipeline.data.card import DataCard
from pipeline.data.fetching.sources import fetch
from pipeline.data.prepared import Meta
from pipeline.data.preparing.images import Images, read_images
from pipeline.data.preparing.preparation import prepare
from pipeline.data.raw import open_raw
from tests.support.drawings import draw_folders
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


def images_in(folder: Path, **settings: object) -> Images:
    return read_images(open_raw(folder), data_of(**{**SETTINGS, **settings}))  # type: ignore[arg-type]


def test_pixels_are_ordered_with_channels_last(tmp_path):
    images = images_in(source(tmp_path, ["1,0,1,2,3,4,5"]))
    assert images.x.tolist() == [[[[0, 1, 2], [3, 4, 5]]]]
    assert (images.x.dtype, images.text.columns) == (np.uint8, {"label": ["1"]})


def test_test_rows_follow_training_rows(tmp_path):
    rows = ["0,0,0,0,0,0,0", "1,0,0,0,0,0,0"]
    images = images_in(source(tmp_path, rows, ["1,0,0,0,0,0,0"]))
    assert images.text.columns["label"] == ["0", "1", "1"]


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
    images = images_in(tmp_path / "own")
    assert (images.x.ravel().tolist(), images.text.columns["label"]) == ([1, 2, 3], ["0"])


def test_blocks_become_one_array(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.data.preparing.images._BLOCK", 128)
    rows = [f"{i % 2},{i % 17},0,0,0,0,{i % 3}" for i in range(500)]
    images = images_in(source(tmp_path, rows))
    assert images.x[:, 0, 0, 0].tolist() == [i % 17 for i in range(500)]
    assert images.text.columns["label"] == [str(i % 2) for i in range(500)]


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


def test_sample_is_drawn_and_leaves_the_test_split(tmp_path):
    rows = [f"{i % 2},{i},{i},{i},{i},{i},{i}" for i in range(17)]
    source(tmp_path, rows, ["1,9,9,9,9,9,9"])
    settings = {"sample": 10, "split": {"seed": 3}, **SETTINGS}
    prepare(data_of(**settings), raw_root=tmp_path / "raw", root=tmp_path)
    splits = {
        split: np.load(tmp_path / f"own/{split}/x.npy")[:, 0, 0, 0].tolist()
        for split in ("train", "validation", "test")
    }
    drawn = np.random.default_rng(3).choice(17, size=10, replace=False).tolist()
    assert sorted(splits["train"] + splits["validation"]) == sorted(drawn)
    assert splits["test"] == [9]


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
        f"column p2: the value is not a pixel. Received: '-1'. {PIXEL[:-1]}. If the pixels have "
        "another scale, such as from -1 to 1, change it to 0 to 1. Or remove image_shape and "
        "pixels from the source's settings; each pixel is then a feature of a table.",
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
        "raw/own/data.csv: the number of columns does not match image_shape. "
        "Received: 6 columns next to label. Expected: 12, because image_shape is [2, 2, 3]. "
        "List the columns that are not pixels under data.drop, or name those of pixels by pixels "
        "in the source's settings."
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
            {"drop": ["p9"]},
            "data.drop names a column that raw/own/data.csv does not have. Received: p9. "
            "Allowed: label, p0, p1, p2, p3, p4, p5.",
        ),
        (
            {"numeric": ["p0"]},
            "data.numeric is a setting for tables, and the source holds images. "
            "Received: ['p0']. Remove the setting.",
        ),
        (
            {"sample_weight": "p0"},
            "data.sample_weight is a setting for tables, and the source holds images. "
            "Received: p0. Remove the setting.",
        ),
        (
            {"most_levels": 5},
            "data.most_levels is a setting for tables, and the source holds images. "
            "Received: 5. Remove the setting.",
        ),
        (
            {"dates": {"p0": "%Y"}},
            "data.dates is a setting for tables, and the source holds images. "
            "Received: {'p0': '%Y'}. Remove the setting.",
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


def test_training_images_among_test_images_can_be_dropped(tmp_path):
    source(tmp_path, [*ROWS, *ROWS], ROWS[:3])
    meta = prepare(
        data_of(split={"duplicates": Duplicates.drop}, **SETTINGS),
        raw_root=tmp_path / "raw",
        root=tmp_path,
    )
    assert meta.rows == {"train": 5, "validation": 2, "test": 3}
    assert [counts["equal"] for counts in meta.statistics["overlap"].values()] == [0, 0]


def write_csv(tmp_path: Path, text: str, **facts: object) -> Path:
    facts = {"image_shape": [1, 2, 1], "pixel_maximum": 255} | facts
    return write_source(tmp_path / "raw/own", train=text, **facts)


def prepared(tmp_path: Path, **settings: object) -> Meta:
    data = data_of(**{**SETTINGS, **settings})  # type: ignore[arg-type]
    return prepare(data, raw_root=tmp_path / "raw", root=tmp_path)


def test_labels_may_be_texts(tmp_path):
    rows = [f"{i},{i},{name}" for i in range(20) for name in ("owl", "crow")]
    write_csv(tmp_path, table(rows, "p0,p1,label"))
    assert prepared(tmp_path).classes == ["crow", "owl"]


def test_only_labels_that_occur_are_classes(tmp_path):
    rows = [f"{label},{i},{i}" for i in range(20) for label in (1, 2, 10)]
    write_csv(tmp_path, table(rows, "label,p0,p1"))
    meta = prepared(tmp_path)
    assert (meta.classes, meta.outputs) == (["1", "2", "10"], 3)
    assert "the labels are 1, 2 and 10; no other label is a class" in meta.notes


def test_labels_from_1_suit_the_names_of_classes(tmp_path):
    rows = [f"{label},{i},{i}" for i in range(20) for label in (1, 2)]
    write_csv(tmp_path, table(rows, "label,p0,p1"), classes=["a", "b"])
    meta = prepared(tmp_path)
    assert meta.classes == ["a", "b"]
    assert set(np.load(tmp_path / "own/train/y.npy")) == {0, 1}
    assert "label 1 is the first of the classes, a" in meta.notes


def test_labels_may_be_names_of_the_classes(tmp_path):
    rows = [f"{label},{i},{i}" for i in range(20) for label in ("b", "a")]
    write_csv(tmp_path, table(rows, "label,p0,p1"), classes=["b", "a", "c"])
    meta = prepared(tmp_path)
    assert meta.classes == ["b", "a", "c"]
    assert meta.statistics["classes"]["train"]["c"] == 0


def test_missing_labels_are_counted(tmp_path, monkeypatch):
    rows = [f"{label},{i},{i}" for i in range(9) for label in ("owl", "NA", "crow")]
    write_csv(tmp_path, table(rows, "label,p0,p1"))
    assert error_of(tmp_path, monkeypatch) == (
        "raw/own/data.csv, line 3, column label: the label is missing. "
        "Received: 9 rows without a label. Remove these rows from the file."
    )


def test_other_columns_are_dropped_or_left_out(tmp_path):
    rows = [f"{i},{i % 2},{i},{i},x" for i in range(20)]
    write_csv(tmp_path, table(rows, "id,label,p0,p1,place"), pixels="p[01]")
    meta = prepared(tmp_path, drop=["id"])
    assert meta.pixel_columns == ["p0", "p1"]
    assert meta.notes[-1] == "place is left out: the rows are images"


def test_images_are_split_by_a_column(tmp_path):
    parts = ["Training", "PublicTest", "PrivateTest", "Training"]
    rows = [f"{i % 2},{i},{i},{parts[i % 4]}" for i in range(40)]
    write_csv(tmp_path, table(rows, "label,p0,p1,Usage"))
    meta = prepared(tmp_path, split={"column": "Usage"})
    assert meta.rows == {"train": 20, "validation": 10, "test": 10}
    assert np.load(tmp_path / "own/test/x.npy")[:, 0, 0, 0].tolist() == list(range(2, 40, 4))


def test_column_of_splits_is_proposed(tmp_path):
    rows = [f"{i % 2},{i},{i},{('train', 'test')[i % 2]}" for i in range(40)]
    write_csv(tmp_path, table(rows, "label,p0,p1,part"), pixels="p?")
    assert prepared(tmp_path).notes[-1] == (
        "part has the values train, test. If they say the split of a row, set "
        "split: {column: part} in the data settings"
    )


def test_groups_of_images_stay_together(tmp_path):
    rows = [f"{i // 3},{i % 2},{i},{i}" for i in range(60)]
    write_csv(tmp_path, table(rows, "person,label,p0,p1"))
    prepared(tmp_path, split={"group": "person"})
    persons = [
        set(np.load(tmp_path / f"own/{split}/x.npy")[:, 0, 0, 0] // 3)
        for split in ("train", "validation", "test")
    ]
    assert sum(map(len, persons)) == 20


@pytest.mark.parametrize("cell", ["{} 2 3 4", "{},2,3,4", "[{}, 2, 3, 4]", " {}  2;3 | 4 "])
def test_one_cell_may_hold_all_pixels(tmp_path, cell):
    rows = [f'{i % 2},"{cell.format(i)}"' for i in range(20)]
    write_csv(tmp_path, table(rows, "label,image"), pixels="image", image_shape=None)
    images = images_in(tmp_path / "raw/own")
    assert images.x.shape == (20, 2, 2, 1)
    assert images.x[5].ravel().tolist() == [5, 2, 3, 4]
    assert images.notes[0] == "image_shape: [2, 2, 1], because an image has 4 pixels"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            "1 2 3",
            "the cell holds another number of pixels than those above. Received: 3 pixels. "
            "Expected: 4. Resize the images, or remove the row.",
        ),
        (
            "1 2 x 4",
            "the value is not a pixel. Received: '1 2 x 4'. "
            "Expected: a whole number from 0 to 255.",
        ),
        (
            "1 2 300 4",
            "the value is not a pixel. Received: '1 2 300 4'. "
            "Expected: a whole number from 0 to 255.",
        ),
    ],
)
def test_invalid_cell_of_pixels_is_located(tmp_path, monkeypatch, cell, message):
    rows = [*[f"{i % 2},{i} 2 3 4" for i in range(20)], f"0,{cell}"]
    write_csv(tmp_path, table(rows, "label,image"), pixels="image", image_shape=None)
    error = error_of(tmp_path, monkeypatch)
    assert error == f"raw/own/data.csv, line 22, column image: {message}"


def scaled(tmp_path: Path, rows: list[str]) -> Images:
    write_csv(tmp_path, table([f"0,{row}" for row in rows], "label,p0,p1"))
    return images_in(tmp_path / "raw/own")


def test_pixels_from_0_to_1_stay_floats(tmp_path):
    images = scaled(tmp_path, ["0.25,1", "0,0.1"])
    assert (images.x.dtype, images.maximum) == (np.float32, 1)
    assert images.x.ravel().tolist() == np.array([0.25, 1, 0, 0.1], np.float32).tolist()


def test_exact_fractions_of_255_become_bytes(tmp_path):
    images = scaled(tmp_path, [f"{i / 255},{(255 - i) / 255}" for i in range(256)])
    assert (images.x.dtype, images.maximum) == (np.uint8, 255)
    assert images.x[:, 0, 0, 0].tolist() == list(range(256))


@pytest.mark.parametrize("rows", [["0,1", "1,1"], ["0.0,1.0", "1.0,1.0"]])
def test_binary_pixels_are_black_and_white(tmp_path, rows):
    images = scaled(tmp_path, rows)
    assert (images.x.ravel().tolist(), images.x.dtype, images.maximum) == (
        [0, 1, 1, 1],
        np.uint8,
        1,
    )


def test_whole_floats_are_bytes(tmp_path):
    images = scaled(tmp_path, ["255.0,3.0"])
    assert (images.x.ravel().tolist(), images.x.dtype) == ([255, 3], np.uint8)
    assert images.notes == []


def test_dark_images_are_a_note(tmp_path):
    assert scaled(tmp_path, ["16,3"]).notes == [
        "the largest pixel is 16 of 255; if it is white, set pixel_maximum: 16 in the source's "
        "settings"
    ]


def test_pixel_above_1_among_fractions_is_located(tmp_path, monkeypatch):
    rows = [*["0,0.5,0.25"] * 30, "0,1.5,0"]
    write_csv(tmp_path, table(rows, "label,p0,p1"))
    assert error_of(tmp_path, monkeypatch) == (
        "raw/own/data.csv, line 32, column p0: the value is not a pixel. Received: '1.5'. "
        "Expected: pixels from 0 to 1, as others in the file are."
    )


def test_float_images_are_prepared_as_floats(tmp_path):
    write_csv(tmp_path, table([f"{i % 2},0.{i},0.5" for i in range(10, 40)], "label,p0,p1"))
    meta = prepared(tmp_path)
    assert (meta.dtype, meta.pixel_maximum) == ("float32", 1)
    assert np.load(tmp_path / "own/train/x.npy").dtype == np.float32


def write_arrays(folder: Path, *splits: str) -> None:
    """Fetches folders of images, each of a shade of its own."""
    names = [f"{split}{kind}/{i}.png" for split in splits for kind in "ab" for i in range(10)]
    source = Source("own", path=f"{draw_folders(folder / 'photos', *names)}/")
    fetch(source, root=folder / "raw")


def test_packed_images_are_prepared(tmp_path):
    write_arrays(tmp_path, "")
    meta = prepared(tmp_path)
    assert (meta.shape, meta.classes, meta.pixel_columns) == ([4, 6, 3], ["a", "b"], None)
    x, y = (np.load(tmp_path / f"own/test/{name}.npy") for name in "xy")
    assert ((x[:, 0, 0, 0] >= 40) == (y == 1)).all()


def test_folders_of_splits_are_the_splits(tmp_path):
    write_arrays(tmp_path, "train/", "val/", "test/")
    meta = prepared(tmp_path)
    assert meta.rows == {"train": 20, "validation": 20, "test": 20}
    assert np.load(tmp_path / "own/validation/x.npy")[0, 0, 0].tolist() == [80, 0, 235]


def test_settings_of_the_split_go_before_the_folders(tmp_path):
    write_arrays(tmp_path, "train/", "val/")
    meta = prepared(tmp_path, split={"method": SplitMethod.random, "test": 10.0})
    assert meta.rows == {"train": 24, "validation": 6, "test": 10}
    levels = {"train": "train", "validation": "test"}
    assert prepared(tmp_path, split={"column": "split", "levels": levels}).rows["test"] == 20


def test_card_describes_the_images(tmp_path):
    write_arrays(tmp_path, "")
    prepared(tmp_path)
    card = DataCard.read(tmp_path / "own")
    assert card is not None
    assert [(column.name, column.content, column.becomes) for column in card.columns] == [
        ("file", "0 to 255 of 255", "4 by 6 pixels of 3 channels"),
        ("label", "a: 10, b: 10", "the target"),
    ]
