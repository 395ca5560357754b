"""The command `predict`: CSV files and images in, CSV out."""

import csv
import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline import predict
from pipeline.serving import answering, predictor
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.drawings import draw
from tests.support.refusals import refusal
from tests.support.untrained import write_models

HEADER = "id,area,rooms,houses,size / m2\n"
GOOD = "a,north,3,2,31\n"


@pytest.fixture(scope="module", autouse=True)
def _models(repository: Path) -> None:
    write_models(repository)


@pytest.fixture
def answers(in_repository, call, capsys):
    """Runs `predict` on a text and returns the rows of its output."""

    def answers(model: str, text: str, *arguments: str) -> list[dict[str, str]]:
        Path("rows.csv").write_text(text, encoding="utf-8")
        call(predict, f"models/{model}", "rows.csv", *arguments)
        return list(csv.DictReader(capsys.readouterr().out.splitlines()))

    return answers


def expected(model: str, rows) -> np.ndarray:
    return predictor.load(Path(f"models/{model}/model.keras")).predict(rows)


def test_quantity_has_its_unit(answers):
    (row,) = answers("prices", HEADER + GOOD)
    rows = {"area": "north", "rooms": 3, "houses": 2, "size / m2": 31}
    assert row == {"prediction": repr(expected("prices", rows)[0].item()), "unit": "1000.0"}


def test_class_has_probabilities(answers):
    (row,) = answers("pairs", "y,x\n1,2\n")
    assert list(row) == ["prediction", "probability_above", "probability_below"]
    assert row["prediction"] == expected("pairs", {"x": 2, "y": 1})[0]
    assert float(row["probability_above"]) + float(row["probability_below"]) == pytest.approx(1)


def test_id_column_is_copied(answers):
    rows = answers("prices", HEADER + GOOD + "b,south,1,1,20\n", "--id-column", "id")
    assert [row["id"] for row in rows] == ["a", "b"]


def test_delimiter_is_a_choice(answers):
    assert len(answers("pairs", "x;y\n1;2\n", "--delimiter", ";")) == 1


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        (b"\xef\xbb\xbfx,y\n1,2\n\n3,4\n", ()),
        (gzip.compress(b"x,y\n1,2\n3,4\n", mtime=0), ()),
        (b"x,y,\r\n1,2,\r\n3,4,\r\n", ()),
        (b"sep=;\nx;y\n1;2\n3;4\n", ()),
        ("x,y,straße\n1,2,ü\n3,4,ü\n".encode("cp1252"), ("--encoding", "cp1252")),
        (b" x  y\n 1\t2\n 3  4\n", ("--delimiter", "whitespace")),
    ],
)
def test_csv_is_understood_as_by_fetch(answers, call, capsys, content, arguments):
    expected = answers("pairs", "x,y\n1,2\n3,4\n")
    Path("rows.csv").write_bytes(content)
    call(predict, "models/pairs", "rows.csv", *arguments)
    assert list(csv.DictReader(capsys.readouterr().out.splitlines())) == expected


def test_rows_left_out_are_said(answers, call, capsys):
    Path("rows.csv").write_text("x,y\n1,2\n\n3,4\n", encoding="utf-8")
    call(predict, "models/pairs", "rows.csv")
    assert "rows.csv: note: left out: 1 blank line between rows" in capsys.readouterr().err


def test_blocks_do_not_change_the_answers(answers, monkeypatch):
    text = "x,y\n" + "".join(f"{number},1\n" for number in range(10))
    whole = answers("pairs", text)
    monkeypatch.setattr(answering, "BATCH", 4)
    for row, other in zip(answers("pairs", text), whole, strict=True):
        assert float(row["probability_above"]) == pytest.approx(float(other["probability_above"]))


BAD = HEADER + GOOD + "b,north,many,2,31\nc,north\nd,south,1,1,20\n"


def test_bad_rows_are_named_and_good_ones_answered(in_repository, call, capsys):
    Path("rows.csv").write_text(BAD, encoding="utf-8")
    error = refusal(
        call, predict, "models/prices", "rows.csv", "--id-column", "id", "-o", "out.csv"
    )
    assert error == "2 of 4 rows have no prediction."
    with Path("out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["prediction"] != "") for row in rows] == [
        ("a", True),
        ("b", False),
        ("", False),
        ("d", True),
    ]
    assert capsys.readouterr().err.splitlines() == [
        "warning: rows.csv, line 3, column rooms: the value is not a number. Received: 'many'. "
        "Expected: a number, or an empty cell for a missing value.",
        "warning: rows.csv, line 4: the row is too short. Received: 2 values. "
        "Expected: 5 values; rooms is the first column without one.",
        "models/prices: 2 of 4 rows predicted",
    ]


def test_labels_that_training_never_saw_are_counted(answers, call, capsys, monkeypatch):
    rows = ["a, west ,3,2,31", "b,west,many,2,31", "c,east,1,1,20", "d,,1,1,20", "e,north,1,1,20"]
    text = HEADER + "\n".join([*rows, "f,west,1,1,20"]) + "\n"
    monkeypatch.setattr(answering, "BATCH", 2)
    Path("rows.csv").write_text(text, encoding="utf-8")
    refusal(call, predict, "models/prices", "rows.csv", "-o", "out.csv")
    assert capsys.readouterr().err.splitlines()[1:] == [
        "warning: column area has labels that training never saw: 'west' in 2 rows, 'east' in "
        "1 row. Check their spelling: the model ignores these cells",
        "models/prices: 5 of 6 rows predicted",
    ]


def test_only_some_unseen_labels_are_named(in_repository, call, capsys):
    rows = [f"x,area {number},1,1,20" for number in range(9)]
    Path("rows.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    call(predict, "models/prices", "rows.csv", "-o", "out.csv")
    assert "'area 4' in 1 row and 4 more. Check" in capsys.readouterr().err


def test_images_are_answered_by_file(in_repository, call, capsys):
    for name, value in (("a.png", 10), ("b.PNG", 200)):
        Image.fromarray(np.full((8, 8), value, np.uint8)).save(name)
    call(predict, "models/shapes", "a.png", "b.PNG")
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["file"] for row in rows] == ["a.png", "b.PNG"]
    images = np.stack([np.full((8, 8, 1), value) for value in (10, 200)])
    assert [row["prediction"] for row in rows] == expected("shapes", images).tolist()


def test_bad_image_is_named(in_repository, call, capsys):
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("good.png")
    Image.fromarray(np.zeros((9, 8), np.uint8)).save("large.png")
    assert refusal(call, predict, "models/shapes", "good.png", "large.png").startswith(
        "1 of 2 rows"
    )
    printed = capsys.readouterr()
    assert [line.split(",")[1] != "" for line in printed.out.splitlines()[1:]] == [True, False]
    assert printed.err.startswith("warning: large.png: the image has another size")


def test_folder_stands_for_its_images(in_repository, call, capsys):
    for name in ("new/b.png", "new/deep/a.bmp", "c.png"):
        draw(Path(name), 10, height=8, width=8)
    Path("new/notes.txt").write_text("x", encoding="utf-8")
    call(predict, "models/shapes", "new", "c.png")
    rows = csv.DictReader(capsys.readouterr().out.splitlines())
    assert [row["file"] for row in rows] == ["new/b.png", "new/deep/a.bmp", "c.png"]


def test_folder_without_images_is_refused(in_repository, call):
    Path("empty").mkdir()
    assert refusal(call, predict, "models/shapes", "empty").startswith("empty holds no image.")


def test_model_of_image_files_takes_any_size(in_repository, call, capsys):
    draw(Path("large.png"), (90, 90, 90, 255), height=30, width=20)
    draw(Path("small.png"), 90, height=8, width=8)
    call(predict, "models/photos", "large.png", "small.png")
    large, small = csv.DictReader(capsys.readouterr().out.splitlines())
    assert list(large.values())[1:] == list(small.values())[1:]


def test_model_of_image_files_takes_no_csv(answers):
    assert refusal(answers, "photos", "p0,p1\n1,2\n") == (
        "the model was trained on image files, not on columns of pixels. Received: columns p0, p1. "
        "Name image files, or give an array of images."
    )


@pytest.mark.parametrize(
    ("model", "text", "arguments", "fault"),
    [
        ("prices", "area,rooms\nnorth,1\n", (), "the model needs a column that is missing: houses"),
        (
            "prices",
            HEADER + GOOD,
            ("--id-column", "ID"),
            "--id-column names a column that rows.csv",
        ),
        ("prices", HEADER + GOOD, ("--delimiter", "::"), "--delimiter is invalid. Received: '::'."),
        ("prices", HEADER, (), "rows.csv has a header and no rows"),
        ("pairs", "x;y\n1;2\n", (), "rows.csv, line 1: there is only one column"),
        ("pairs", "x,y\n1,2\n", ("more.csv",), "predict takes one CSV file, or images"),
    ],
)
def test_bad_request_is_refused(answers, model, text, arguments, fault):
    assert refusal(answers, model, text, *arguments).startswith(fault)


def test_images_need_a_model_of_images(in_repository, call):
    assert "was trained on a table" in refusal(call, predict, "models/pairs", "a.png")


def test_refused_request_writes_no_file(answers):
    refusal(answers, "prices", HEADER, "-o", "none.csv")
    assert not Path("none.csv").exists()


def test_progress_counts_rows(answers, capsys, monkeypatch):
    monkeypatch.setattr(answering, "_PAUSE", 0)
    Path("many.csv").write_text("x,y\n" + "1,2\n" * 1500, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["predict", "models/pairs", "many.csv", "-o", "many_out.csv"])
    predict.main()
    first, second, last = capsys.readouterr().err.splitlines()
    assert first.startswith("models/pairs: 1,024 rows predicted, ")
    assert second.startswith("models/pairs: 1,500 rows predicted, ")
    assert last == "models/pairs: 1,500 of 1,500 rows predicted"


def test_memory_does_not_grow_with_the_rows(in_repository, call):
    peaks = []
    for rows in (2_048, 2_048, 16_384):  # the first call loads modules
        Path("many.csv").write_text("x,y\n" + "1.25,-2.5\n" * rows, encoding="utf-8")
        tracemalloc.start()
        call(predict, "models/pairs", "many.csv", "-o", "many_out.csv")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.15 * peaks[1]
