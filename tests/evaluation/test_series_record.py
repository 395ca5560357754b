"""Whether series of trainings fit the present settings of the experiment."""

from dataclasses import replace

import pytest

from pipeline.config.repeats import FOLDS, SEEDS, SPLIT_SEEDS
from pipeline.config.resolved_file import Settings
from pipeline.errors import PipelineError
from pipeline.evaluation import series_record
from tests.support.metas import images

SETTINGS = Settings(
    data="shapes",
    seed=1,
    store="mlflow",
    keeps_best=True,
    baselines=True,
    figures=[],
    digest="all",
    digest_without_seed="without seed",
)
OTHER_SEED = replace(SETTINGS, seed=2, digest="all with another seed")


@pytest.mark.parametrize("varied", [SEEDS, SPLIT_SEEDS, FOLDS])
def test_series_of_the_same_settings_is_read(tmp_path, varied):
    series_record.write(tmp_path, {varied: {"runs": {}}}, SETTINGS, images())
    assert series_record.read(tmp_path, SETTINGS, images()) == {varied: {"runs": {}}}


def test_series_over_seeds_fits_any_seed_of_the_experiment(tmp_path):
    series_record.write(tmp_path, {SEEDS: {"runs": {}}}, SETTINGS, images())
    assert series_record.read(tmp_path, OTHER_SEED, images()) == {SEEDS: {"runs": {}}}


@pytest.mark.parametrize("series", [[SPLIT_SEEDS], [FOLDS], [SEEDS, SPLIT_SEEDS]])
def test_series_over_splits_is_stale_with_another_seed(tmp_path, series):
    """Its trainings have the seed of the experiment."""
    content = {varied: {"runs": {}} for varied in series}
    series_record.write(tmp_path, content, SETTINGS, images())
    with pytest.raises(PipelineError, match="is stale"):
        series_record.read(tmp_path, OTHER_SEED, images())
