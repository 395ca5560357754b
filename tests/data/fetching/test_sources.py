import gzip
import hashlib
import struct
from pathlib import Path

import pytest

from pipeline.config.source import File, Source
from pipeline.data.fetching.sources import fetch
from pipeline.data.formats.idx import FILES
from pipeline.errors import FetchError
from tests.support.loopback import NOWHERE, serving
from tests.support.refusals import refusal

KEYS = [
    "classes",
    "columns",
    "downloads",
    "files",
    "format",
    "image_shape",
    "pixel_maximum",
    "source",
    "target",
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
