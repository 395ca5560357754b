"""The names of runs made by hand."""

import pytest

from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.run_name import run_name


@pytest.mark.usefixtures("in_repository")
@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        (["experiment=mnist_mlp"], "mnist_mlp"),
        (["data=shapes"], "shapes"),
        (["data=shapes", "optimizer.learning_rate=0.02", "seed=3"], "shapes lr=0.02 seed=3"),
        (["data=shapes", "model=linear"], "shapes model=linear"),
        (["data=shapes", "model.units=[4]", "training.epochs=7"], "shapes units=[4] epochs=7"),
        (["experiment=mnist_mlp", "data=shapes"], "mnist_mlp data=shapes"),
        (["data=shapes", "tracking=memory", "force=true"], "shapes"),
        (["data=shapes", "training.batch_size=12"], "shapes"),
        (["data=shapes", "data.split.seed=1", "data.split.test=9"], "shapes test=9"),
    ],
)
def test_run_is_named_by_what_differs(overrides, name):
    assert run_name(compose_experiment(overrides), overrides) == name
