import gzip
import hashlib
import struct
from pathlib import Path

import pytest

from pipeline.config.source import File, Source
from pipeline.data import tables
from pipeline.data.fetching.sources import fetch
from pipeline.data.formats.idx import FILES
from pipeline.data.raw import open_raw
from pipeline.errors import FetchError
from tests.support.loopback import NOWHERE, serving
from tests.support.refusals import refusal

KEYS = [
    "classes",
    "columns",
    "decimal",
    "delimiter",
    "downloads",
    "file_column",
    "files",
    "format",
    "image_shape",
    "notes",
    "pixel_maximum",
    "pixels",
    "source",
    "split_column",
    "target",
    "thousands",
]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def tiny(tmp_path: Path) -> Source:
    """Three training images and one test image of 1 x 2 pixels, in `mirror/tiny/`."""
    mirror = tmp_path / "mirror/tiny"
    mirror.mkdir(parents=True)
    files = []
    for count, names in zip((3, 1), FILES.values(), strict=True):
        images = struct.pack(">4I", 0x803, count, 1, 2) + bytes(range(2 * count))
        labels = struct.pack(">2I", 0x801, count) + bytes(range(count))
        for name, content in zip(names, (images, labels), strict=True):
            compressed = gzip.compress(content, mtime=0)
            (mirror / name).write_bytes(compressed)
            files.append(File(name, digest(compressed), [f"{NOWHERE}/{name}"]))
    return Source(
        "tiny",
        "idx",
        files=files,
        target="label",
        image_shape=[1, 2, 1],
        classes=["a", "b", "c"],
    )


def fetched(source: Source, folder: Path) -> dict[str, bytes]:
    """The files that `fetch` writes, with `folder/mirror` as the mirror."""
    fetch(source, root=folder / "raw", mirror=str(folder / "mirror"))
    return contents_of(folder / "raw" / source.name)


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_facts_describe_the_files(tiny: Source, tmp_path: Path) -> None:
    facts = fetch(tiny, root=tmp_path / "raw", mirror=str(tmp_path / "mirror"))
    test = b"label,p0,p1\n0,0,1\n"
    assert sorted(facts) == KEYS
    assert facts["files"]["test.csv"] == {"rows": 1, "bytes": 18, "sha256": digest(test)}
    assert facts["downloads"][0] == {
        "name": "train-images-idx3-ubyte.gz",
        "from": str(tmp_path / "mirror/tiny/train-images-idx3-ubyte.gz"),
        "sha256": tiny.files[0].sha256,
        "bytes": (tmp_path / "mirror/tiny/train-images-idx3-ubyte.gz").stat().st_size,
    }
    assert (facts["source"], facts["format"]) == ("tiny", "idx")
    assert (facts["columns"], facts["target"]) == (["label", "p0", "p1"], "label")
    assert (facts["image_shape"], facts["pixel_maximum"]) == ([1, 2, 1], 255)


def test_folder_holds_only_csv_and_facts(tiny: Source, tmp_path: Path) -> None:
    files = fetched(tiny, tmp_path)
    assert list(files) == ["provenance.json", "test.csv", "train.csv"]
    assert files["train.csv"] == b"label,p0,p1\n0,0,1\n1,2,3\n2,4,5\n"
    assert files["test.csv"] == b"label,p0,p1\n0,0,1\n"
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["tiny"]


def test_second_fetch_writes_the_same_bytes(tiny: Source, tmp_path: Path) -> None:
    assert fetched(tiny, tmp_path) == fetched(tiny, tmp_path)


def test_failed_fetch_leaves_old_files(tiny: Source, tmp_path: Path) -> None:
    before = fetched(tiny, tmp_path)
    refusal(fetch, tiny, root=tmp_path / "raw", error=FetchError)
    assert contents_of(tmp_path / "raw/tiny") == before
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["tiny"]


def test_first_missing_file_ends_the_fetch(tiny: Source, tmp_path: Path) -> None:
    with serving() as site:
        message = refusal(fetch, tiny, root=tmp_path / "raw", mirror=site.address)
        assert message.startswith("tiny/train-images-idx3-ubyte.gz is not available.")
        assert site.requests == ["/tiny/train-images-idx3-ubyte.gz"]


def test_mirror_is_tried_for_all_alternatives_first(tmp_path: Path) -> None:
    files = [
        File("a.tar.gz", digest(b"a"), [f"{NOWHERE}/a.tar.gz"]),
        File("b.tar.xz", digest(b"b")),
    ]
    source = Source(
        "tiny",
        "cifar10",
        files=files,
        alternatives=True,
        target="label",
        image_shape=[32, 32, 3],
        classes=["a"],
    )
    with serving() as site:
        assert refusal(fetch, source, root=tmp_path, mirror=site.address) == (
            "tiny/a.tar.gz or tiny/b.tar.xz is not available. "
            f"Received: {site.address}/tiny/a.tar.gz: HTTP 404 Not Found; "
            f"{site.address}/tiny/b.tar.xz: HTTP 404 Not Found; "
            f"{NOWHERE}/a.tar.gz: cannot connect to its host. Set DATA_MIRROR to a folder "
            "or an https:// URL that holds tiny/a.tar.gz or tiny/b.tar.xz."
        )


def test_local_file_must_match_its_sha256(tmp_path: Path) -> None:
    content = b"a,b\n1,2\n"
    (tmp_path / "own.csv").write_bytes(content)
    source = Source("own", path=str(tmp_path / "own.csv"), sha256="0" * 64)
    assert refusal(fetch, source, root=tmp_path / "raw") == (
        f"{tmp_path}/own.csv does not match the sha256 in conf/source/own.yaml. "
        f"Received: {digest(content)}. Expected: {'0' * 64}."
    )


def test_path_may_begin_with_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own.csv").write_bytes(b"1,2\n")
    facts = fetch(Source("own", path="~/own.csv", header=False), root=tmp_path / "raw")
    assert facts["columns"] == ["c1", "c2"]
    assert facts["downloads"][0]["from"] == "~/own.csv"


def test_broken_csv_is_named_as_in_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.csv").write_bytes(b"a,b\n1\n")
    message = refusal(fetch, Source("own", path="own.csv"), root=Path("raw"))
    assert message.startswith("own.csv, line 2: the row is too short")
    assert list(Path("raw").iterdir()) == []


def test_target_must_be_a_column(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes(b"a,b\n1,2\n")
    source = Source("own", path=str(tmp_path / "own.csv"), target="c")
    assert refusal(fetch, source, root=tmp_path / "raw") == (
        "conf/source/own.yaml: target is not a column of the data. Received: c. Columns: a, b."
    )


def written(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)


def test_files_of_a_pattern_follow_each_other(tmp_path: Path) -> None:
    written(tmp_path, b="y,x\n5,6\n", a="x,y\n1,2\n\n3,4\n")
    source = Source("own", path=f"{tmp_path}/[ab].csv")
    facts = fetch(source, root=tmp_path / "raw")
    assert (tmp_path / "raw/own/data.csv").read_text() == "x,y\n1,2\n3,4\n6,5\n"
    assert [file["name"] for file in facts["downloads"]] == ["a.csv", "b.csv"]
    assert facts["notes"] == [f"{tmp_path}/a.csv: left out: 1 blank line between rows"]


def test_pattern_must_match_a_file(tmp_path: Path) -> None:
    message = refusal(fetch, Source("own", path=f"{tmp_path}/*.csv"), root=tmp_path / "raw")
    assert message.startswith("conf/source/own.yaml: path matches no file.")


def test_files_of_a_pattern_have_the_same_columns(tmp_path: Path) -> None:
    written(tmp_path, a="x,y\n1,2\n", b="x,z,t\n5,6,7\n")
    source = Source("own", path=f"{tmp_path}/*.csv")
    assert refusal(fetch, source, root=tmp_path / "raw") == (
        f"{tmp_path}/b.csv has other columns than {tmp_path}/a.csv. Received: "
        "1 column missing: y; 2 columns of its own: z and t. Give all files the same columns."
    )


def test_test_path_holds_the_test_rows(tmp_path: Path) -> None:
    written(tmp_path, a="x,y\n1,2\n", b="y,x\n5,6\n")
    source = Source("own", path=f"{tmp_path}/a.csv", test_path=f"{tmp_path}/b.csv")
    facts = fetch(source, root=tmp_path / "raw")
    assert {name: file["rows"] for name, file in facts["files"].items()} == {
        "train.csv": 1,
        "test.csv": 1,
    }
    assert (tmp_path / "raw/own/test.csv").read_text() == "x,y\n6,5\n"


def test_test_file_without_target_is_for_predict(tmp_path: Path) -> None:
    written(tmp_path, a="id,x,y\n1,2,3\n", b="id,x\n5,6\n")
    source = Source("own", path=f"{tmp_path}/a.csv", test_path=f"{tmp_path}/b.csv")
    assert refusal(fetch, source, root=tmp_path / "raw") == (
        f"{tmp_path}/b.csv has no column y. Received: the columns id and x. If y is the target, "
        "this file holds no test rows. Remove test_path, train, and predict its rows with: "
        f"python -m pipeline.predict <experiment> {tmp_path}/b.csv --id-column <column> "
        "-o predictions.csv."
    )


def test_lines_of_the_users_files_are_recorded(tmp_path: Path) -> None:
    written(tmp_path, a='x,y\n"1\n",2\n\n3,4\n5,6\n', b="x,y\n7,8\n")
    fetch(Source("own", path=f"{tmp_path}/*.csv"), root=tmp_path / "raw")
    raw = open_raw(tmp_path / "raw/own")
    rows = tables.read(raw.train).origins
    assert list(raw.origins(raw.train, rows)) == [
        (tmp_path / "a.csv", 2),
        (tmp_path / "a.csv", 5),
        (tmp_path / "a.csv", 6),
        (tmp_path / "b.csv", 2),
    ]
    assert raw.notes == (f"{tmp_path}/a.csv: left out: 1 blank line between rows",)


def test_too_many_lines_are_not_recorded(tmp_path: Path) -> None:
    written(tmp_path, a="x,y\n" + '"1\n",2\n' * 1_002)
    fetch(Source("own", path=f"{tmp_path}/a.csv"), root=tmp_path / "raw")
    raw = open_raw(tmp_path / "raw/own")
    rows = tables.read(raw.train).origins
    assert raw.origins(raw.train, rows) is rows


def test_signs_of_numbers_are_recorded(tmp_path: Path) -> None:
    written(tmp_path, a="x;y\n1,5;2\n")
    settings = {"delimiter": ";", "decimal": ",", "thousands": "."}
    fetch(Source("own", path=f"{tmp_path}/a.csv", **settings), root=tmp_path / "raw")
    raw = open_raw(tmp_path / "raw/own")
    assert (raw.decimal, raw.thousands) == (",", ".")
