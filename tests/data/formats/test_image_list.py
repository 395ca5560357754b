"""A CSV of image files and labels."""

import pytest

from pipeline.config.source import Source
from pipeline.data.arrays import read_array
from pipeline.data.fetching.sources import fetch
from pipeline.data.raw import open_raw
from tests.support.drawings import draw_folders
from tests.support.refusals import refusal


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """A folder `birds` with a CSV and two images."""
    monkeypatch.chdir(tmp_path)
    draw_folders(tmp_path / "birds/images", "a.png", "b.bmp")
    write(tmp_path, "id,file,species\n1,b.bmp,owl\n2,a.png,crow\n")


def write(tmp_path, text, name="labels.csv"):
    (tmp_path / "birds" / name).write_text(text)


def source(**settings):
    return Source("own", **{"path": "birds/labels.csv", "images": "birds/images"} | settings)


def fetched(tmp_path, **settings):
    return fetch(source(**settings), root=tmp_path / "raw")


def fault(tmp_path, **settings):
    return refusal(fetch, source(**settings), root=tmp_path / "raw")


def text(tmp_path, name="data.csv"):
    return (tmp_path / "raw/own" / name).read_text()


def shades(tmp_path, name="data.npy"):
    return read_array(tmp_path / "raw/own" / name)[:, 0, 0, 0].tolist()


def test_rows_keep_their_order_and_columns(tmp_path):
    facts = fetched(tmp_path)
    assert text(tmp_path) == "id,file,species\n1,b.bmp,owl\n2,a.png,crow\n"
    assert shades(tmp_path) == [4, 0]
    assert facts["notes"] == [
        "file names the image files",
        "image_shape: [4, 6, 3], because all images have this size",
    ]
    assert (facts["file_column"], open_raw(tmp_path / "raw/own").rows) == ("file", {"data.csv": 2})


def test_names_may_lack_their_endings(tmp_path):
    write(tmp_path, "id,breed\na,crow\nb,owl\n")
    assert fetched(tmp_path)["file_column"] == "id"
    assert shades(tmp_path) == [0, 4]


def test_column_of_the_files_can_be_set(tmp_path):
    write(tmp_path, "first,second\na,b\nb,a\n")
    fetched(tmp_path, image_column="second")
    assert shades(tmp_path) == [4, 0]


def test_settings_of_csv_are_used(tmp_path):
    write(tmp_path, "birds\na.png;crow\nb.bmp;owl\n")
    fetched(tmp_path, delimiter=";", skip_rows=1, header=False, columns=["file", "species"])
    assert text(tmp_path) == "file,species\na.png,crow\nb.bmp,owl\n"


def test_test_rows_have_their_own_file(tmp_path):
    write(tmp_path, "id,file,species\n3,a.png,owl\n", "more.csv")
    fetched(tmp_path, test_path="birds/more.csv")
    assert (shades(tmp_path, "train.npy"), shades(tmp_path, "test.npy")) == ([4, 0], [0])
    assert text(tmp_path, "test.csv") == "id,file,species\n3,a.png,owl\n"


def test_missing_files_are_named(tmp_path):
    write(tmp_path, "file,species\na.png,crow\nc.png,owl\n")
    assert fault(tmp_path) == (
        "1 file cannot be read as an image. Received: birds/images/c.png (no such file). Replace "
        "or remove these files. To leave them out, set skip_damaged: true in the source's settings."
    )


def test_rows_of_missing_files_can_be_left_out(tmp_path):
    write(tmp_path, "file,species\nc.png,owl\na.png,crow\n")
    fetched(tmp_path, skip_damaged=True)
    assert (text(tmp_path), shades(tmp_path)) == ("file,species\na.png,crow\n", [0])
    raw = open_raw(tmp_path / "raw/own")
    assert raw.places["data.csv"] == [[0, "birds/labels.csv", 3]]


def test_list_without_files_is_refused(tmp_path):
    write(tmp_path, "name,species\nimages/a.png,crow\n")
    assert fault(tmp_path) == (
        "birds/labels.csv: no column names files in birds/images. "
        "Received: 'images/a.png' in column name. Set images to the folder that the names start "
        "from, or image_column to the column of the names, in the source's settings."
    )
    assert fetched(tmp_path, images="birds")["file_column"] == "name"


def test_unknown_column_is_refused(tmp_path):
    assert "birds/labels.csv has no column path" in fault(tmp_path, image_column="path")


def test_missing_folder_is_refused(tmp_path):
    assert "images does not name a folder" in fault(tmp_path, images="birds/photos")


def test_dvc_watches_list_and_images():
    assert source().own_files == "birds"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "labels.csv", "images": "photos"}, "Put both into one folder"),
        ({"pixels": "p*"}, "because format: image_list reads image files"),
        ({"classes": ["a"]}, "because format: image_list reads image files"),
        ({"format": "csv"}, "because format: csv does not use it"),
    ],
)
def test_other_settings_are_refused(settings, message):
    assert message in refusal(source, **settings)
