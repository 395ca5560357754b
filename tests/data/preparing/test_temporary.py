"""Splits that exist only while they are trained on."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.data.prepared import load_meta
from pipeline.data.preparing.preparation import prepare
from pipeline.data.preparing.temporary import require_same_source, temporary_splits
from pipeline.data.raw import open_raw
from tests.support.refusals import refusal
from tests.support.toy import config_of


@pytest.fixture(autouse=True)
def _in_repository(in_repository):
    pass


def variants(repository: Path, name: str) -> list:
    """A data variant on two splits."""
    data = config_of(repository, f"data={name}").data
    return [replace(data, split=replace(data.split, seed=seed)) for seed in (7, 8)]


def test_splits_are_those_that_prepare_makes(repository, tmp_path):
    pairs, shapes = variants(repository, "pairs"), variants(repository, "shapes")
    with temporary_splits() as prepare_split:
        for number, data in enumerate([*pairs, *shapes]):
            meta = load_meta(prepare_split(data) / data.name)
            assert meta == prepare(data, root=tmp_path / str(number))


def test_splits_live_next_to_the_prepared_data(repository):
    prepared = repository / "data/prepared"
    before = sorted(prepared.iterdir())
    with temporary_splits() as prepare_split:
        folders = [prepare_split(data).resolve() for data in variants(repository, "pairs")]
        (folder,) = set(prepared.iterdir()) - set(before)
        assert {one.parent for one in folders} == {folder}
        assert all((one / "pairs/meta.json").is_file() for one in folders)
    assert sorted(prepared.iterdir()) == before


def test_without_a_split_there_is_no_folder(repository):
    before = sorted((repository / "data/prepared").iterdir())
    with temporary_splits():
        assert sorted((repository / "data/prepared").iterdir()) == before


def test_changed_source_is_refused(repository):
    raw = open_raw(repository / "data/raw/pairs")
    meta = load_meta(repository / "data/prepared/pairs")
    require_same_source(raw, meta)
    assert refusal(require_same_source, replace(raw, digests={}), meta) == (
        f"{raw.folder} has changed since data/prepared/pairs was prepared from it. "
        "Prepare the data again with: dvc repro prepare@pairs."
    )
