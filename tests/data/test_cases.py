"""Small files as people bring them, in `cases/`: read rightly, or refused with what to do.

Each folder holds a file with the two YAML files that a user would write first.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config.composition import compose
from pipeline.config.data import PrepareConfig, Task
from pipeline.config.hydra_composition import register
from pipeline.config.source import File, Source
from pipeline.data.fetching.sources import fetch
from pipeline.data.prepared import Meta
from pipeline.data.preparing.preparation import prepare
from tests.support import ROOT
from tests.support.raw_sources import data_of
from tests.support.refusals import refusal

CASES = Path(__file__).parent / "cases"


def source_of(case: str, **added: Any) -> Source:
    settings = yaml.safe_load((CASES / case / "source.yaml").read_text(encoding="utf-8")) | added
    if "path" in settings:
        settings["path"] = str(CASES / case / Path(settings["path"]).name)
    settings["files"] = [File(**file) for file in settings.get("files", [])]
    return Source(case, **settings)


def lines_of(folder: Path, source: Source, name: str = "data.csv") -> tuple[list[str], list[str]]:
    """The lines of a file that `fetch` writes, and its notes."""
    facts = fetch(source, root=folder, mirror=str(CASES))
    return (folder / source.name / name).read_text("utf-8").splitlines(), facts["notes"]


READ: dict[str, tuple[int, str, str, list[str]]] = {  # rows, header, first row, notes
    "blank_mid": (40, "T,RH,CO", "0.00,0.18,0.11", ["left out: 1 blank line between rows"]),
    "columns_ignored": (40, "age,bmi,sick", "67,32.6,1", []),
    "empty_rows": (40, "T,RH,CO", "0.21,0.38,0.97", ["left out: 2 rows without any value"]),
    "excel_de": (
        60,
        "Fläche,Stadt,Miete",
        '"42,1",Köln,"505,11"',
        ["the byte-order mark was removed"],
    ),
    "fwf": (24, "c1,c2,c3,c4,c5", "18.0,8,307.0,130.0,chevrolet chevelle", []),
    "gz": (40, "T,RH,CO", "0.07,0.27,0.55", ["decompressed (gzip)"]),
    "pandas_index": (
        40,
        "age,bmi,sick",
        "21,25.5,0",
        ["left out, because it only counts rows: column 1"],
    ),
    "pandas_index_cols": (40, "index,age,bmi,sick", "0,41,38.4,1", []),
    "total_row": (
        41,
        "shop,visits,sales",
        "s0,8,72",
        ["the end may hold a sum or a note, not rows: 'Total,200,1800'. Then set skip_footer: 1"],
    ),
    "trailing_sep": (
        40,
        "T,RH,CO",
        "0.21,0.70,0.43",
        ["left out without name and values: column 4", "left out: 2 rows without any value"],
    ),
}


@pytest.mark.parametrize(("case", "expected"), READ.items(), ids=READ)
def test_case_is_read_with_its_notes(tmp_path, case, expected):
    rows, header, first, notes = expected
    lines, said = lines_of(tmp_path, source_of(case))
    assert (len(lines) - 1, lines[0], lines[1], said) == (rows, header, first, notes)


IN_SETTINGS = "in the source's settings. That gives"
REFUSED: dict[str, tuple[str, dict[str, Any], int, str]] = {  # message, advised settings, rows, row
    "adult_test": (
        "line 2: the row is too long. Received: 3 values, the first extra one '?'. "
        f"Set skip_rows: 1 {IN_SETTINGS} 40 rows of 3 columns: c1, c2 and c3; "
        "row 1 is '39 | ? | <=50K.'.",
        {"skip_rows": 1},
        40,
        "39,?,<=50K.",
    ),
    "iris_header_forgotten": (
        "line 1: the header holds 4 numbers, as the columns below do. "
        "Received: '5.1,3.5,1.4,0.2,Iris-setosa'. "
        f"Set header: false {IN_SETTINGS} 61 rows of 5 columns: c1, c2, c3, c4 and c5; "
        "row 1 is '5.1 | 3.5 | 1.4 | 0.2 | Iris-setosa'. If row 1 holds names, set header: true.",
        {"header": False},
        61,
        "5.1,3.5,1.4,0.2,Iris-setosa",
    ),
    "latin1": (
        "line 1: a byte is not UTF-8. Received: 0xdf. "
        f"Set encoding: cp1252 {IN_SETTINGS} 30 rows of 3 columns: Straße, Zimmer and Miete; "
        "row 1 is 'Süd | 2 | 699'.",
        {"encoding": "cp1252"},
        30,
        "Süd,2,699",
    ),
    "title_lines": (
        "line 1: the header names 1 of 3 columns. Received: 'Station 12'. "
        f"Set skip_rows: 3 {IN_SETTINGS} 40 rows of 3 columns: T, RH and CO; "
        "row 1 is '0.60 | 0.52 | 0.51'.",
        {"skip_rows": 3},
        40,
        "0.60,0.52,0.51",
    ),
    "tsv_quotes": (
        "line 62: text follows the closing quote of a value. "
        f"Set quoting: false {IN_SETTINGS} 61 rows of 2 columns: label and message; "
        "row 1 is 'spam | call'. If quotes enclose values, fix the line instead.",
        {"quoting": False},
        61,
        "spam,call",
    ),
}


@pytest.mark.parametrize(("case", "expected"), REFUSED.items(), ids=REFUSED)
def test_advice_of_a_refusal_is_right(tmp_path, case, expected):
    message, advised, rows, first = expected
    source = source_of(case)
    assert refusal(fetch, source, root=tmp_path) == f"{source.path}, {message}"
    lines, _ = lines_of(tmp_path, source_of(case, **advised))
    assert (len(lines) - 1, lines[1]) == (rows, first)


DEAD_ENDS = {
    "html": "is not CSV. Received: a web page, such as a login page. Download the file itself.",
    "parquet": "is damaged. Received: Couldn't deserialize thrift: No more data to read. . "
    "Download it again.",
    "xlsx": "is damaged. Received: File is not a zip file. Save it again as .xlsx.",
}


@pytest.mark.parametrize(("case", "message"), DEAD_ENDS.items(), ids=DEAD_ENDS)
def test_useless_file_is_named(tmp_path, case, message):
    source = source_of(case)
    assert refusal(fetch, source, root=tmp_path) == f"{source.path} {message}"


def test_total_row_can_be_left_out(tmp_path):
    lines, notes = lines_of(tmp_path, source_of("total_row", skip_footer=1))
    assert (len(lines), lines[-1], notes) == (41, "s4,4,16", [])


def test_two_files_are_training_and_test_rows(tmp_path):
    lines, notes = lines_of(tmp_path, source_of("two_files"), "test.csv")
    assert lines == ["a,b,y", *["1,2,x", "2,1,z"] * 3]
    assert notes == [
        f"{CASES}/two_files/train.csv: left out: 9 rows that repeat the header",
        f"{CASES}/two_files/test.csv: left out: 2 rows that repeat the header",
    ]


IN_YAML = {
    "positive_yes": 'YAML does not read a value as text. Received: yes. Put it in quotes: "yes".',
    "yaml_no": 'YAML does not read a value as text. Received: No. Put it in quotes: "No".',
}


@pytest.mark.parametrize(("case", "message"), IN_YAML.items(), ids=IN_YAML)
def test_value_that_yaml_changes_is_refused(tmp_path, case, message):
    register("prepare", PrepareConfig)
    (tmp_path / "data").mkdir()
    shutil.copy(CASES / case / "data.yaml", tmp_path / "data/own.yaml")
    shutil.copy(ROOT / "conf/prepare.yaml", tmp_path)
    error = refusal(compose, "prepare", PrepareConfig, ["data=own"], conf=tmp_path)
    assert error == f"{tmp_path}/data/own.yaml: {message}"


def prepared(tmp_path: Path, case: str, source: dict[str, Any], **settings: Any) -> Meta:
    fetch(source_of(case, **source), root=tmp_path / "raw")
    written = yaml.safe_load((CASES / case / "data.yaml").read_text(encoding="utf-8")) | settings
    data = data_of(case, Task[written.pop("task")], **written)
    return prepare(data, raw_root=tmp_path / "raw", root=tmp_path)


IMAGES: dict[str, tuple[list[int], list[str], int, list[str]]] = {  # shape, classes, rows, notes
    "emnist_letters": (
        [4, 4, 1],
        ["1", "2", "3"],
        90,
        [
            "the largest pixel is 64 of 255; if it is white, set pixel_maximum: 64 in the "
            "source's settings",
            "the labels are 1, 2 and 3; no other label is a class",
        ],
    ),
    "img_extra_id": (
        [4, 4, 1],
        ["0", "1", "2"],
        60,
        [
            "the largest pixel is 56 of 255; if it is white, set pixel_maximum: 56 in the "
            "source's settings",
        ],
    ),
    "pixel_float": (
        [4, 4, 1],
        ["0", "1", "2"],
        50,
        ["the pixels are numbers from 0 to 1, and stay so"],
    ),
}


@pytest.mark.parametrize(("case", "expected"), IMAGES.items(), ids=IMAGES)
def test_images_are_read_with_their_notes(tmp_path, case, expected):
    meta = prepared(tmp_path, case, {})
    assert (meta.shape, meta.classes, sum(meta.rows.values()), meta.notes) == expected


def test_pixels_in_one_cell_need_one_setting(tmp_path):
    case = "fer2013_noshape"
    assert refusal(prepared, tmp_path, case, {}) == (
        f"{tmp_path}/raw/{case}/data.csv: 1 column in doubt. pixels: each cell holds 16 numbers. "
        "If they are the pixels of an image, set pixels: pixels in the source's settings; else "
        "list it under data.drop."
    )
    meta = prepared(tmp_path, case, {"pixels": "pixels"})
    assert (meta.shape, meta.classes) == ([4, 4, 1], ["0", "1", "2"])
    usage = "split: {column: Usage} in the data settings"
    assert meta.notes == [
        "image_shape: [4, 4, 1], because an image has 16 pixels",
        "Usage is left out: the rows are images",
        f"Usage has the values Training, PublicTest. If they say the split of a row, set {usage}",
    ]
    by_column = prepared(tmp_path, case, {"pixels": "pixels"}, split={"column": "Usage"})
    assert (by_column.rows["validation"], sum(by_column.rows.values())) == (28, 60)


def test_id_next_to_pixels_is_named(tmp_path):
    assert refusal(prepared, tmp_path, "img_extra_id", {}, drop=[]) == (
        f"{tmp_path}/raw/img_extra_id/data.csv: the number of columns does not match image_shape. "
        "Received: 17 columns next to label. Expected: 16, because image_shape is [4, 4, 1]. "
        "Set drop: [id] in the data settings."
    )
