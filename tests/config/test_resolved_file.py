"""The digest in a resolved configuration."""

from contextlib import suppress

import pytest

from pipeline.config import resolved, resolved_file
from pipeline.config.values import to_yaml, write_yaml
from pipeline.errors import PipelineError
from tests.support.damage import rot
from tests.support.refusals import refusal
from tests.support.toy import config_of


@pytest.fixture
def path(in_repository, tmp_path):
    """A resolved configuration with its digest."""
    resolved.write(config_of(in_repository, "data=shapes"), tmp_path / "shapes.yaml")
    return tmp_path / "shapes.yaml"


def test_written_configuration_is_read_back(path, in_repository):
    assert resolved.read(path) == config_of(in_repository, "data=shapes")


@pytest.mark.parametrize(
    ("early_stopping", "keeps_best"),
    [
        (None, False),
        ({"patience": 3}, True),
        ({"monitor": None}, True),
        ({"monitor": "validation/accuracy"}, True),
        ({"monitor": "validation/weighted_loss"}, True),
        ({"monitor": "train/loss"}, False),
        ({"monitor": "running/loss"}, False),
    ],
)
def test_best_validation_epoch_is_kept(tmp_path, early_stopping, keeps_best):
    settings = {
        "data": {"name": "shapes"},
        "seed": 1,
        "tracking": {"store": "memory"},
        "training": {"early_stopping": early_stopping},
    }
    write_yaml(settings, tmp_path / "own.yaml")
    assert resolved_file.read(tmp_path / "own.yaml").keeps_best is keeps_best


def test_digest_is_a_comment_at_the_end(path, in_repository):
    settings = to_yaml(resolved.run_settings(config_of(in_repository, "data=shapes")))
    assert resolved_file.unsealed(path.read_text()) == settings
    assert path.read_text().startswith(f"{settings}# sha256 of the lines above: ")


def test_changed_digit_is_refused(path):
    path.write_text(path.read_text().replace("epochs: 2", "epochs: 3"))
    assert refusal(resolved_file.load, path) == (
        f"{path} is damaged. Write it again with: dvc repro compose."
    )


def test_flipped_bit_changes_no_setting(path):
    content, settings = path.read_bytes(), resolved_file.load(path)
    read = []
    for byte in range(0, len(content), 23):
        rot(path, byte=byte, bit=byte % 8)
        with suppress(PipelineError):
            read.append(resolved_file.load(path))
        path.write_bytes(content)
    assert [values for values in read if values != settings] == []


def test_configuration_without_a_digest_is_read(path):
    path.write_text(resolved_file.unsealed(path.read_text()))
    assert resolved_file.read(path).data == "shapes"
