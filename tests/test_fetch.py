import gzip
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.composition import compose, register
from pipeline.config.source import IDX_FILES, FetchConfig, File, Format, Source
from pipeline.data.fetching.sources import fetch
from pipeline.errors import ConfigError, DataError, FetchError
from tests.support import ROOT
from tests.support.loopback import body, serving

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
NOWHERE = "https://127.0.0.1:9"  # nothing listens on the discard port


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    return tmp_path


def run(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    cleared = {
        key: value
        for key, value in os.environ.items()
        if key not in ("DATA_MIRROR", "PIPELINE_DEBUG", "DVC_STAGE")
    }
    return subprocess.run(
        [sys.executable, "-m", "pipeline.fetch", *arguments],
        cwd=project,
        env=cleared | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def pin(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tiny_mnist(mirror: Path) -> Source:
    """Three training images and one test image of 1 x 2 pixels, in `mirror/tiny/`."""
    (mirror / "tiny").mkdir(parents=True)
    files = []
    for count, names in zip((3, 1), IDX_FILES.values(), strict=True):
        images = struct.pack(">4I", 0x803, count, 1, 2) + bytes(range(2 * count))
        labels = struct.pack(">2I", 0x801, count) + bytes(range(count))
        for name, content in zip(names, (images, labels), strict=True):
            path = mirror / "tiny" / name
            path.write_bytes(gzip.compress(content, mtime=0))
            files.append(File(name, pin(path.read_bytes()), [f"{NOWHERE}/{name}"]))
    return Source(
        "tiny",
        Format.idx,
        files=files,
        target="label",
        image_shape=[1, 2, 1],
        classes=["a", "b", "c"],
    )


def raw_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_command_says_where_the_result_lies(project: Path) -> None:
    done = run(project, "source=xor")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "data/raw/xor/data.csv: 4 rows, 32 bytes\n"
    assert (
        project / "data/raw/xor/data.csv"
    ).read_text() == "a,b,xor\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n"


def test_the_command_helps(project: Path) -> None:
    done = run(project, "--help")
    assert done.returncode == 0
    assert "python -m pipeline.fetch source=mnist" in done.stdout


def test_the_command_fails_in_one_line_that_names_every_url_and_the_mirror(project: Path) -> None:
    file = project / "conf/source/mnist.yaml"
    file.write_text(
        file.read_text()
        .replace("https://ossci", f"{NOWHERE}/ossci")
        .replace("https://storage", f"{NOWHERE}/b")
    )
    done = run(project, "source=mnist")
    assert done.returncode == 1
    assert done.stderr == (
        "error: mnist/train-images-idx3-ubyte.gz cannot be had. Received: "
        f"{NOWHERE}/ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz: no connection to its host; "
        f"{NOWHERE}/b.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz: no connection to its host. "
        "Set DATA_MIRROR to a folder or an https:// URL that holds mnist/train-images-idx3-ubyte.gz.\n"
    )
    assert list((project / "data/raw").iterdir()) == []


def test_a_csv_of_ones_own_is_fetched_from_its_path(project: Path) -> None:
    (project / "own.csv").write_text('name;x\n"b; c";1,5\n')
    (project / "conf/source/own.yaml").write_text("path: own.csv\ndelimiter: ;\n")
    assert run(project, "source=own").stderr == "data/raw/own/data.csv: 1 rows, 18 bytes\n"
    assert (project / "data/raw/own/data.csv").read_text() == 'name,x\nb; c,"1,5"\n'
    facts = json.loads((project / "data/raw/own/provenance.json").read_text())
    assert facts["downloads"][0]["from"] == "own.csv"


def test_a_missing_csv_is_told_with_its_path_and_its_setting(project: Path) -> None:
    (project / "conf/source/own.yaml").write_text("path: nowhere/own.csv\n")
    assert run(project, "source=own").stderr == (
        "error: conf/source/own.yaml: there is no file at path. Received: nowhere/own.csv. "
        "Expected: a CSV file, absolute or from the repository's root.\n"
    )


def test_an_unpinned_url_is_fetched_and_its_pin_recommended(project: Path) -> None:
    content = b"a,b\n1,2\n"
    (project / "conf/source/own.yaml").write_text(f"url: {NOWHERE}/data.csv\n")
    with serving() as site:
        site.routes["/own/data.csv"] = body(content)
        done = run(project, "source=own", DATA_MIRROR=site.address)
    assert done.stderr == (
        f"conf/source/own.yaml: nothing pins {site.address}/own/data.csv. Pin it with sha256: {pin(content)}\n"
        "data/raw/own/data.csv: 1 rows, 8 bytes\n"
    )
    facts = json.loads((project / "data/raw/own/provenance.json").read_text())
    assert facts["downloads"][0]["sha256"] == pin(content)


def test_images_come_from_the_mirror_with_all_their_facts(tmp_path: Path) -> None:
    source = tiny_mnist(tmp_path / "mirror")
    facts = fetch(source, root=tmp_path / "raw", mirror=str(tmp_path / "mirror"))
    assert raw_of(tmp_path / "raw/tiny")["train.csv"] == b"label,p0,p1\n0,0,1\n1,2,3\n2,4,5\n"
    assert raw_of(tmp_path / "raw/tiny")["test.csv"] == b"label,p0,p1\n0,0,1\n"
    assert sorted(facts) == KEYS
    assert facts["files"]["test.csv"] == {
        "rows": 1,
        "bytes": 18,
        "sha256": pin(b"label,p0,p1\n0,0,1\n"),
    }
    assert facts["columns"] == ["label", "p0", "p1"]
    assert (facts["target"], facts["image_shape"], facts["pixel_maximum"]) == (
        "label",
        [1, 2, 1],
        255,
    )


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    fetch(tiny_mnist(tmp_path / "mirror"), root=tmp_path / "raw", mirror=str(tmp_path / "mirror"))
    assert sorted(raw_of(tmp_path / "raw/tiny")) == ["provenance.json", "test.csv", "train.csv"]
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["tiny"]


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    source = tiny_mnist(tmp_path / "mirror")
    fetch(source, root=tmp_path / "raw", mirror=str(tmp_path / "mirror"))
    first = raw_of(tmp_path / "raw/tiny")
    fetch(source, root=tmp_path / "raw", mirror=str(tmp_path / "mirror"))
    assert raw_of(tmp_path / "raw/tiny") == first


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    source = tiny_mnist(tmp_path / "mirror")
    fetch(source, root=tmp_path / "raw", mirror=str(tmp_path / "mirror"))
    first = raw_of(tmp_path / "raw/tiny")
    with pytest.raises(FetchError):
        fetch(source, root=tmp_path / "raw")
    assert raw_of(tmp_path / "raw/tiny") == first
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["tiny"]


def test_the_first_file_that_cannot_be_had_ends_the_fetch(tmp_path: Path) -> None:
    source = tiny_mnist(tmp_path / "mirror")
    with serving() as site:
        with pytest.raises(FetchError, match=r"^tiny/train-images-idx3-ubyte.gz cannot be had"):
            fetch(source, root=tmp_path / "raw", mirror=site.address)
        assert site.requests == ["/tiny/train-images-idx3-ubyte.gz"]


def test_the_mirror_is_looked_at_for_all_alternatives_before_any_publisher(tmp_path: Path) -> None:
    files = [File("a.tar.gz", pin(b"a"), [f"{NOWHERE}/a.tar.gz"]), File("b.tar.xz", pin(b"b"))]
    source = Source(
        "tiny",
        Format.cifar10,
        files=files,
        alternatives=True,
        target="label",
        image_shape=[32, 32, 3],
        classes=["a"],
    )
    with serving() as site:
        with pytest.raises(FetchError) as error:
            fetch(source, root=tmp_path, mirror=site.address)
        assert str(error.value) == (
            f"tiny/a.tar.gz or tiny/b.tar.xz cannot be had. Received: {site.address}/tiny/a.tar.gz: HTTP 404 Not Found; "
            f"{site.address}/tiny/b.tar.xz: HTTP 404 Not Found; {NOWHERE}/a.tar.gz: no connection to its host. "
            "Set DATA_MIRROR to a folder or an https:// URL that holds tiny/a.tar.gz or tiny/b.tar.xz."
        )


def test_a_pin_holds_for_a_local_file_too(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(FetchError) as error:
        fetch(Source("own", path=str(tmp_path / "own.csv"), sha256="0" * 64), root=tmp_path / "raw")
    received = pin(b"a,b\n1,2\n")
    assert str(error.value).endswith(
        f"has not the sha256 of its pin. Received: {received}. Expected: {'0' * 64}."
    )


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own.csv").write_bytes(b"1,2\n")
    facts = fetch(Source("own", path="~/own.csv", header=False), root=tmp_path / "raw")
    assert facts["columns"] == ["c1", "c2"]
    assert facts["downloads"][0]["from"] == "~/own.csv"


def test_a_damaged_csv_is_named_as_its_settings_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.csv").write_bytes(b"a,b\n1\n")
    with pytest.raises(DataError, match=r"^own.csv, line 2: the row is short"):
        fetch(Source("own", path="own.csv"), root=Path("raw"))
    assert list(Path("raw").iterdir()) == []


def test_a_target_must_be_a_column(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(DataError) as error:
        fetch(Source("own", path=str(tmp_path / "own.csv"), target="c"), root=tmp_path / "raw")
    assert (
        str(error.value)
        == "conf/source/own.yaml: target is not a column of the data. Received: c. Columns: a, b."
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"format": Format.csv},
        {"format": Format.csv, "path": "a.csv", "url": "https://a.example/a.csv"},
        {
            "format": Format.idx,
            "files": [File("a.gz", "0" * 64)],
            "target": "y",
            "image_shape": [1, 1, 1],
            "classes": ["a"],
        },
        {
            "format": Format.cifar10,
            "files": [File("a.tar.gz")],
            "target": "y",
            "image_shape": [32, 32, 3],
            "classes": ["a"],
        },
        {
            "format": Format.cifar10,
            "files": [File("a.tar.gz", "0" * 64)],
            "image_shape": [32, 32, 3],
            "classes": ["a"],
        },
        {"format": Format.sklearn, "dataset": "wine"},
        {"format": Format.rows, "columns": ["a", "b"], "rows": [[1, 2], [3]]},
        {"format": Format.rows, "columns": ["a", "b"], "rows": [[1, "two"]]},
    ],
)
def test_a_source_that_cannot_be_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Source(name="own", **settings)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "/a"])
def test_a_file_has_a_plain_name(name: str) -> None:
    with pytest.raises(ConfigError):
        File(name)


@pytest.mark.parametrize(
    "url", ["http://a.example/b", "file:///etc/passwd", "ftp://a.example/b", "b.csv", "https:///b"]
)
def test_a_published_url_is_https(url: str) -> None:
    with pytest.raises(ConfigError):
        File("b.csv", urls=[url])


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (ROOT / "conf/source").glob("*.yaml"))
)
def test_every_source_composes_under_its_own_name(name: str) -> None:
    register("fetch", FetchConfig)
    assert compose("fetch", FetchConfig, [f"source={name}"], conf=ROOT / "conf").source.name == name
