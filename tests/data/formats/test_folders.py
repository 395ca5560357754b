"""Images in folders: the folder is the class."""

import shutil
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from pipeline.config.source import Source
from pipeline.data.arrays import read_array
from pipeline.data.fetching.sources import fetch
from pipeline.data.formats import _packing
from pipeline.data.raw import open_raw
from pipeline.runs.model_card import Pixels
from pipeline.serving.pictures import read
from tests.support.drawings import RED, draw, draw_folders
from tests.support.refusals import refusal

CLASSES = ("cat/1.png", "cat/2.png", "dog/1.png")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def source(**settings):
    return Source("own", **{"path": "photos/"} | settings)


def fetched(tmp_path, **settings):
    return fetch(source(**settings), root=tmp_path / "raw")


def rows(tmp_path, name="data.csv"):
    return (tmp_path / "raw/own" / name).read_text().splitlines()


def fault(tmp_path, **settings):
    return refusal(fetch, source(**settings), root=tmp_path / "raw")


def test_folders_are_classes(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    facts = fetched(tmp_path)
    assert rows(tmp_path) == ["label,file", "cat,cat/1.png", "cat,cat/2.png", "dog,dog/1.png"]
    assert (facts["classes"], facts["image_shape"]) == (["cat", "dog"], [4, 6, 3])
    assert facts["notes"] == ["image_shape: [4, 6, 3], because all images have this size"]


def test_pixels_are_those_of_the_files(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    fetched(tmp_path)
    array = read_array(tmp_path / "raw/own/data.npy")
    assert (array.shape, array.dtype) == ((3, 4, 6, 3), np.uint8)
    assert array[:, 0, 0].tolist() == [[0, 0, 255], [4, 0, 254], [8, 0, 253]]


def test_predictions_read_the_bits_of_training(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (50, 70, 4)).astype(np.uint8)
    draw_folders(tmp_path / "photos", *CLASSES)
    Image.fromarray(noise).save(tmp_path / "photos/cat/1.png")
    fetched(tmp_path, image_shape=[9, 8, 3])
    array = read_array(tmp_path / "raw/own/data.npy")
    served = read(tmp_path / "photos/cat/1.png", Pixels([9, 8, 3], 255, None))
    assert np.array_equal(served, array[0])


def test_grey_images_have_one_channel(tmp_path):
    for name in CLASSES:
        draw(tmp_path / "photos" / name, 7)
    assert fetched(tmp_path)["image_shape"] == [4, 6, 1]


def test_fetching_twice_gives_the_same_bytes(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    assert fetched(tmp_path) == fetched(tmp_path)


def test_digest_covers_each_file_and_name(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    before = fetched(tmp_path)["downloads"]
    (tmp_path / "photos/cat/1.png").rename(tmp_path / "photos/cat/3.png")
    after = fetched(tmp_path)["downloads"]
    assert before[0]["files"] == 3
    assert before[0]["bytes"] == after[0]["bytes"]
    assert before[0]["sha256"] != after[0]["sha256"]


def test_changed_pixels_are_noticed(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    fetched(tmp_path)
    array = tmp_path / "raw/own/data.npy"
    array.write_bytes(array.read_bytes()[:-1] + b"\0")
    assert "data.npy was changed after fetch wrote it" in refusal(open_raw, array.parent)


def test_numbers_of_folders_are_in_order(tmp_path):
    draw_folders(tmp_path / "photos", "10/a.png", "9/a.png", "other/a.png")
    assert fetched(tmp_path)["classes"] == ["9", "10", "other"]


def test_images_may_be_in_folders_of_a_class(tmp_path):
    draw_folders(tmp_path / "photos", "cat/a/1.png", "cat/1.png", "dog/1.png")
    fetched(tmp_path)
    assert rows(tmp_path)[1:3] == ["cat,cat/1.png", "cat,cat/a/1.png"]


def test_folders_of_splits_become_files(tmp_path):
    draw_folders(tmp_path / "photos", "Train/cat/1.png", "Train/dog/1.png", "test/dog/1.png")
    facts = fetched(tmp_path)
    assert sorted(facts["files"]) == ["test.csv", "test.npy", "train.csv", "train.npy"]
    assert rows(tmp_path, "test.csv") == ["label,file", "dog,test/dog/1.png"]
    assert facts["split_column"] is None


def test_validation_folder_becomes_a_column(tmp_path):
    draw_folders(tmp_path / "photos", "train/cat/1.png", "train/dog/1.png", "val/dog/1.png")
    facts = fetched(tmp_path)
    assert rows(tmp_path)[-1] == "dog,val/dog/1.png,validation"
    assert facts["split_column"] == "split"


def test_test_folder_without_classes_holds_no_test_rows(tmp_path):
    draw_folders(tmp_path / "photos", "train/cat/1.png", "train/dog/1.png", "test/1.png")
    facts = fetched(tmp_path)
    assert sorted(facts["files"]) == ["data.csv", "data.npy"]
    assert facts["notes"][0] == (
        "test has no folders of classes, so it holds no test rows. Predict them with: "
        "python -m pipeline.predict <experiment> photos/test"
    )


def test_folder_around_the_classes_is_none(tmp_path):
    draw_folders(tmp_path / "photos/flowers", *CLASSES)
    facts = fetched(tmp_path)
    assert facts["classes"] == ["cat", "dog"]
    assert facts["notes"][0] == "the classes are in photos/flowers"


@pytest.mark.parametrize(("kind", "name"), [("zip", "photos.zip"), ("gztar", "photos.tar.gz")])
def test_archive_is_read_like_its_folder(tmp_path, kind, name):
    draw_folders(tmp_path / "photos", *CLASSES)
    expected = fetched(tmp_path)["files"]
    shutil.make_archive("photos", kind, tmp_path, "photos")
    facts = fetched(tmp_path, path=name, format="folders")
    assert facts["files"] == expected
    assert sorted(path.name for path in (tmp_path / "raw/own").iterdir()) == [
        "data.csv",
        "data.npy",
        "provenance.json",
    ]


def test_other_file_is_no_archive(tmp_path):
    (tmp_path / "photos.zip").write_text("text")
    assert fault(tmp_path, path="photos.zip", format="folders").startswith(
        "photos.zip is not an archive that can be unpacked. Received: "
    )


def test_files_of_systems_do_not_count(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    for name in ("cat/.DS_Store", "cat/Thumbs.db", ".DS_Store"):
        (tmp_path / "photos" / name).write_text("x")
    assert len(fetched(tmp_path)["notes"]) == 1


def test_files_next_to_the_classes_are_named(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    (tmp_path / "photos/README.txt").write_text("x")
    notes = fetched(tmp_path)["notes"]
    assert notes[0] == "left out, because in no folder of a class: README.txt"


def test_changes_are_counted(tmp_path):
    draw_folders(tmp_path / "photos", "cat/1.png", height=8)
    draw(tmp_path / "photos/dog/1.png", 7)
    draw(tmp_path / "photos/dog/2.png", (*RED, 100))
    assert fetched(tmp_path, image_shape=[4, 6, 3])["notes"] == [
        "1 image with transparent parts: they become white",
        "1 image in grey: they get three equal channels",
        "1 image of another size: resized to 6 by 4 pixels",
    ]


def test_several_sizes_need_a_setting(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    draw(tmp_path / "photos/dog/2.png", height=600, width=400)
    (tmp_path / "photos/dog/3.png").write_text("x")
    assert fault(tmp_path) == (
        "photos: the images have 2 sizes. Received: 6 by 4 pixels (3 images), 400 by 600 pixels "
        "(1 image). Set image_shape: [4, 6, 3] in the source's settings, or another "
        "[height, width, channels]. Each image is then resized to it. 1 file cannot be read as an "
        "image: photos/dog/3.png (no image). Replace or remove these files. To leave them out, "
        "set skip_damaged: true in the source's settings."
    )
    facts = fetched(tmp_path, image_shape=[4, 6, 3], skip_damaged=True)
    assert facts["files"]["data.npy"]["rows"] == 4


def test_damaged_files_are_named_and_counted(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    for number in range(7):
        (tmp_path / f"photos/dog/x{number}.png").write_text("x")
    assert fault(tmp_path) == (
        "7 files cannot be read as an image. Received: photos/dog/x0.png (no image), "
        "photos/dog/x1.png (no image), photos/dog/x2.png (no image), photos/dog/x3.png (no image), "
        "photos/dog/x4.png (no image) and 2 more. Replace or remove these files. To leave "
        "them out, set skip_damaged: true in the source's settings."
    )


def test_damaged_files_can_be_left_out(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    (tmp_path / "photos/cat/1.png").write_text("x")
    facts = fetched(tmp_path, skip_damaged=True)
    assert rows(tmp_path)[1:] == ["cat,cat/2.png", "dog,dog/1.png"]
    assert read_array(tmp_path / "raw/own/data.npy")[:, 0, 0, 0].tolist() == [4, 8]
    assert facts["notes"][-1] == "left out: photos/cat/1.png (no image)"


def test_folder_of_damaged_files_is_no_class(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    (tmp_path / "photos/owl").mkdir()
    (tmp_path / "photos/owl/1.png").write_text("x")
    assert fetched(tmp_path, skip_damaged=True)["classes"] == ["cat", "dog"]


def test_images_of_gigabytes_need_a_setting(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.data.formats._packing._LARGEST_GUESSED", 100)
    draw_folders(tmp_path / "photos", *CLASSES, height=300, width=600)
    assert "Set image_shape: [64, 128, 3] in the source's settings" in fault(tmp_path)


NO_CLASSES = {
    "one class": (("cat/1.png",), "Received: images of one class, cat."),
    "no folders": (("1.png", "2.png"), "Received: images without folders."),
    "splits and classes": (
        ("train/cat/1.png", "train/dog/1.png", "more/1.png"),
        "Received: train next to more. Move the other folders away. If train is a class, "
        "rename it.",
    ),
    "images in train": (
        ("train/1.png", "test/cat/1.png"),
        "photos/train holds no folders of classes. Received: 1 file.",
    ),
    "images next to classes": (
        ("train/1.png", "train/cat/1.png", "test/cat/1.png"),
        "photos/train holds images outside the folders of classes. Received: 1 file.",
    ),
}


@pytest.mark.parametrize(("names", "message"), NO_CLASSES.values(), ids=NO_CLASSES)
def test_other_folders_are_refused(tmp_path, names, message):
    draw_folders(tmp_path / "photos", *names)
    assert message in fault(tmp_path)


def test_folder_needs_its_format(tmp_path):
    draw_folders(tmp_path / "photos", *CLASSES)
    assert fault(tmp_path, path="photos") == (
        "conf/source/own.yaml: path does not name a file. Received: photos. "
        "If it is a folder of images, set format: folders."
    )


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"target": "label"}, "source.target"),
        ({"classes": ["a"]}, "source.classes"),
        ({"pixels": "p"}, "source.pixels"),
        ({"columns": ["a"]}, "source.columns"),
        ({"delimiter": ";"}, "source.delimiter"),
        ({"image_shape": [8, 8, 4]}, "source.image_shape"),
        ({"image_column": "a"}, "source.image_column"),
        ({"path": None}, "source "),
    ],
)
def test_settings_of_files_with_rows_are_refused(settings, key):
    assert refusal(source, **{"format": "folders"} | settings).startswith(key)


def test_dvc_watches_the_folder():
    assert source().own_files == "photos/"


@pytest.mark.parametrize(
    ("size", "shape"),
    [((100, 60), [100, 60, 3]), ((512, 256), [128, 64, 3]), ((1, 4000), [1, 128, 3])],
)
def test_advised_size_keeps_the_proportions(size, shape):
    assert _packing._advised(Counter({size: 2}), 3) == shape
