from typing import Any

import pytest

from pipeline.config.composition import compose
from pipeline.config.hydra_composition import register
from pipeline.config.source import FetchConfig, File, Source
from tests.support import ROOT
from tests.support.refusals import refusal


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "/a"])
def test_file_name_has_no_folder(name: str) -> None:
    assert refusal(File, name).startswith("source.files.name ")


@pytest.mark.parametrize(
    "url", ["http://a.example/b", "file:///etc/passwd", "ftp://a.example/b", "b.csv", "https:///b"]
)
def test_url_is_https(url: str) -> None:
    assert refusal(File, "b.csv", urls=[url]).startswith("source.files.urls ")


@pytest.mark.parametrize("url", ["http://a.example/b", "https://u:p@[::1/x"])
def test_url_of_a_source_is_https(url: str) -> None:
    assert refusal(Source, "own", url=url) == (
        f"source.url is invalid. Received: {url}. Expected: an https:// URL."
    )


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "g" * 64, "A" * 64])
def test_sha256_is_64_hexadecimal_digits(digest: str) -> None:
    assert refusal(File, "b.csv", digest).startswith("source.files.sha256 ")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"name": "Own"}, "source.name"),
        ({"url": "https://a.example/a.csv"}, "source"),
        ({"files": [File("a.csv")]}, "source"),
        ({"test_path": "b.csv", "path": None}, "source.test_path"),
        ({"test_path": "b.csv", "path": "*.csv"}, "source.test_path"),
        ({"skip_rows": -1}, "source.skip_rows"),
        ({"comment": ""}, "source.comment"),
        ({"encoding": "hex"}, "source.encoding"),
        ({"decimal": ";"}, "source.decimal"),
        ({"thousands": "."}, "source.thousands"),
        ({"decimal": ",", "thousands": ","}, "source.thousands"),
        ({"sheet": "One"}, "source.sheet"),
        ({"columns": "a"}, "source.columns"),
        ({"columns": ["a", False]}, "source.columns"),
        ({"columns": {"a": None}}, "source.columns"),
        ({"image_shape": [8, 8]}, "source.image_shape"),
        ({"image_shape": [8, 0, 1]}, "source.image_shape"),
        ({"image_shape": [8, 8, 1], "pixel_maximum": 0}, "source.pixel_maximum"),
        ({"image_shape": [8, 8, 1], "pixel_maximum": 256}, "source.pixel_maximum"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, Any], key: str) -> None:
    settings = {"name": "own", "path": "a.csv"} | settings
    assert refusal(Source, **settings).startswith(f"{key} ")


def test_unknown_format_gets_a_suggestion() -> None:
    assert refusal(Source, "own", "cvs", path="a.csv") == (
        "source.format is not a data format. Received: cvs. "
        "Did you mean csv? Allowed: arff, cifar10, csv, folders, idx, image_list, jsonl, parquet, "
        "rows, sklearn, xlsx."
    )


def test_url_becomes_a_file_of_its_name() -> None:
    url = "https://a.example/data/a.csv?x=1"
    assert Source("own", url=url, sha256="0" * 64).files == [File("a.csv", "0" * 64, [url])]


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (ROOT / "conf/source").glob("*.yaml"))
)
def test_source_is_named_after_its_file(name: str) -> None:
    register("fetch", FetchConfig)
    assert compose("fetch", FetchConfig, [f"source={name}"], conf=ROOT / "conf").source.name == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("a.tsv.gz", "csv"),
        ("a.zip", "csv"),
        ("a", "csv"),
        ("a.b.PARQUET", "parquet"),
        ("a.xlsx", "xlsx"),
        ("a.arff", "arff"),
        ("a.ndjson.gz", "jsonl"),
    ],
)
def test_format_follows_from_the_ending(name: str, expected: str) -> None:
    assert Source("own", path=name).format == expected
    assert Source("own", url=f"https://a.example/{name}").format == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"path": "d/a.csv"}, "d/a.csv"),
        ({"path": "d/*.csv"}, "d"),
        ({"path": "d/**/a.csv"}, "d"),
        ({"path": "d/a.csv", "test_path": "d/b.csv"}, "d"),
        ({"path": "d/e/a.csv", "test_path": "d/f/b.csv"}, "d"),
        ({"url": "https://a.example/a.csv"}, None),
    ],
)
def test_dvc_watches_the_file_or_its_folder(settings: dict[str, Any], expected: str | None) -> None:
    assert Source("own", **settings).own_files == expected
