"""Files that the user's own code reads."""

import os
import threading
from pathlib import Path

import pytest

from pipeline.own import reading


@pytest.fixture(autouse=True)
def _folder(in_empty_folder):
    Path("start.csv").write_text("1")
    Path("nets").mkdir()
    Path("nets/deep.py").write_text("")


def test_reading_is_noticed_and_writing_is_not():
    with reading.watching() as opened:
        Path("start.csv").read_text()
        Path("nets/deep.py").read_text()
        Path("written.csv").write_text("2")
    Path("written.csv").read_text()
    assert opened == {Path("start.csv")}


@pytest.mark.parametrize("path", ["start.csv", b"start.csv", Path("start.csv")])
def test_each_way_to_open_a_file_is_noticed(path):
    with reading.watching() as opened:
        os.close(os.open(path, os.O_RDONLY))
        with open(path) as file, open(os.dup(file.fileno())) as again:  # noqa: PTH123
            assert again.read() == "1"
    assert opened == {Path("start.csv")}


def test_files_of_other_threads_are_not_noticed():
    with reading.watching() as opened:
        other = threading.Thread(target=Path("start.csv").read_text)
        other.start()
        other.join()
    assert opened == set()


def test_named_files_are_those_of_the_repository(tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere") / "x.csv"
    outside.write_text("")
    arguments = {"path": "start.csv", "deep": [{"a": "gone.csv"}], "other": str(outside), "n": 3}
    assert list(reading.named_files(arguments)) == ["start.csv"]
