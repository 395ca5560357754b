"""The grid of a sweep."""

from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

from pipeline import layout
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction, direction_of
from pipeline.studies import grid as studies_grid
from pipeline.studies.grid import Grid, combinations, compose_grid, measuring
from pipeline.studies.objective import Objective
from tests.support import ROOT
from tests.support.refusals import refusal
from tests.support.toy import copy_conf

CONF = ROOT / "conf"


@pytest.fixture
def in_root(monkeypatch):
    monkeypatch.chdir(ROOT)


@cache
def composed(overrides: tuple[str, ...], conf: Path) -> ExperimentConfig:
    return compose_experiment(overrides, conf=conf)


@pytest.fixture(scope="module", autouse=True)
def _equal_trials_are_composed_once():
    """Hydra takes a quarter of a second for each trial, and many grids share some."""

    def compose(overrides: Sequence[str], *, conf: Path = layout.CONF) -> ExperimentConfig:
        return deepcopy(composed(tuple(overrides), conf.resolve()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies_grid, "compose_experiment", compose)
        yield


@cache
def grid(*overrides: str) -> Grid:
    return compose_grid(overrides, conf=CONF)


def test_values_are_combined_in_order():
    assert combinations(["data=digits", "seed=1,2", "model=mlp,cnn"]) == [
        ["data=digits", "seed=1", "model=mlp"],
        ["data=digits", "seed=1", "model=cnn"],
        ["data=digits", "seed=2", "model=mlp"],
        ["data=digits", "seed=2", "model=cnn"],
    ]


def test_list_in_brackets_is_one_value():
    assert combinations(["model.units=[64,32],[16]"]) == [
        ["model.units=[64,32]"],
        ["model.units=[16]"],
    ]


def test_ranges_are_those_of_hydra():
    assert combinations(["seed=range(3)"]) == [["seed=0"], ["seed=1"], ["seed=2"]]


def test_product_of_two_ranges_is_counted():
    assert len(combinations(["seed=range(0,100)", "training.epochs=range(1,101)"])) == 10_000
    assert refusal(combinations, ["seed=range(0,100)", "training.epochs=range(1,102)"]) == (
        "command line: the sweep has too many trials. "
        "Received: seed=range(0,100) training.epochs=range(1,102). Expected: at most 10,000."
    )


def test_no_override_is_one_trial():
    assert combinations([]) == [[]]


def test_overrides_of_hydra_belong_to_no_trial():
    assert combinations(["hydra/launcher=joblib", "seed=1,2", "hydra.launcher.n_jobs=2"]) == [
        ["seed=1"],
        ["seed=2"],
    ]


def test_trial_has_its_overrides_and_configuration():
    two = grid("data=digits", "seed=1,2")
    assert [trial.overrides for trial in two.trials] == [
        ["data=digits", "seed=1"],
        ["data=digits", "seed=2"],
    ]
    assert [config.seed for config in two.configs] == [1, 2]


def test_label_holds_only_varying_settings():
    trials = grid("data=digits", "seed=1,2", "model.units=[8],[4]", "training.epochs=3").trials
    assert trials[1].label == "seed=1 model.units=[4]"


def test_run_name_shortens_each_setting():
    four = grid("data=digits", "seed=1,2", "model.units=[8],[4]")
    assert four.run_name(1) == "seed=1 units=[4]"


def test_single_trial_is_named_after_its_experiment():
    assert grid("data=digits").run_name(0) == "digits"


def test_forced_override_varies_like_others():
    assert [trial.values for trial in grid("data=digits", "++seed=1,2").trials] == [
        {"seed": "1"},
        {"seed": "2"},
    ]


def test_grid_is_named_after_its_experiment():
    assert grid("data=digits", "seed=1,2").name == "digits"


def test_grid_of_several_experiments_is_named_sweep():
    assert grid("experiment=mnist_mlp,mnist_cnn").name == "sweep"


def test_order_of_values_does_not_change_the_id():
    assert grid("data=digits", "seed=1,2").sweep_id == grid("data=digits", "seed=2,1").sweep_id


def test_another_grid_has_another_id():
    assert grid("data=digits", "seed=1,2").sweep_id != grid("data=digits", "seed=1,2,3").sweep_id


def test_overrides_identify_a_trial():
    assert grid("data=digits", "seed=1,2").number_of(["data=digits", "seed=2"]) == 1


BILLION = "seed=range(0,1000000000)"
INVALID = {
    BILLION: f"command line: the sweep has too many trials. Received: data=digits {BILLION}. "
    "Expected: at most 10,000.",
    "seed=shuffle(range(0,1000000000))": "command line: the sweep has too many trials. "
    "Received: data=digits seed=shuffle(range(0,1000000000)). Expected: at most 10,000.",
    "seed=range(0,inf)": "command line: the sweep has too many trials. "
    "Received: data=digits seed=range(0,inf). Expected: at most 10,000.",
    "optimizer.learning_rate=range(0,1,1e-300)": "command line: the sweep has too many trials. "
    "Received: data=digits optimizer.learning_rate=range(0,1,1e-300). Expected: at most 10,000.",
    "seed=range(nan,1)": "command line: an override is invalid. "
    "Received: data=digits seed=range(nan,1). Expected: key=value or key=value,value,….",
    f"seed={'[' * 31}{']' * 31}": "command line: an override is nested too deeply. "
    f"Received: seed={'[' * 31}{']' * 24}… with 31 levels of brackets. "
    "Expected: at most 30 levels.",
    "seed=1,1": "command line: two trials of the sweep are the same. "
    "Received: data=digits seed=1. Give each value once.",
    "seed=range(0)": "command line: the sweep has no trial. "
    "Received: data=digits seed=range(0). Give ranges that contain a value.",
    "seed=range(1,9,0)": "command line: an override is invalid. "
    "Received: data=digits seed=range(1,9,0). Expected: key=value or key=value,value,….",
    "seed": "command line: an override is invalid. "
    "Received: data=digits seed. Expected: key=value or key=value,value,….",
    "hydra.sweeper.params={}": "command line: this setting of Hydra is not supported. "
    "Received: hydra.sweeper.params={}. "
    "List the values in the overrides of the experiment: key=value,value,….",
    "hydra.mode=RUN": "command line: this setting of Hydra is not supported. "
    "Received: hydra.mode=RUN. "
    "List the values in the overrides of the experiment: key=value,value,….",
    "checkpoint.pause_at=1": "a sweep trains its trials to the end. "
    "Received: checkpoint.pause_at=1. Remove checkpoint.pause_at.",
    "training.batch_size=32,0": "command line: training.batch_size is invalid. "
    "Received: 0. Expected: a whole number from 1.",
}


@pytest.mark.parametrize("override", INVALID)
def test_invalid_grid_is_rejected_in_one_line(override):
    assert refusal(grid, "data=digits", override) == INVALID[override]


STOPPING = "training.early_stopping"
L2 = "model=layers model.layers=[{class_name:Dense,units:4%s}],[{class_name:Dense,units:4}]"
QUANTILE = "data=diabetes training.loss=quantile training.loss_arguments={level:0.9}"
FOLDS = "data.split.method=kfold data.split.test=null data.split.fold=0,1,2"
DUPLICATES = "data=iris_setosa data.features=null data.split.duplicates=drop"
COMMON = {
    "seed=1,2": "validation/log_loss",
    f"{STOPPING}.monitor=validation/accuracy seed=1,2": "validation/accuracy",
    f"{STOPPING}.monitor=validation/loss,validation/accuracy": "validation/log_loss",
    f"{STOPPING}.monitor=train/loss seed=1,2": "validation/log_loss",
    f"{STOPPING}.monitor=train/accuracy seed=1,2": "validation/log_loss",
    "experiment=iris_perceptron seed=1,2": "validation/accuracy",
    "training.class_weight=null,balanced": "validation/log_loss",
    "training.loss_reduction=mean,sum": "validation/log_loss",
    f"training.loss=null,categorical_crossentropy {STOPPING}=null": "validation/log_loss",
    "training.loss=categorical_crossentropy training.label_smoothing=0,0.1": "validation/log_loss",
    L2 % ",kernel_regularizer:l2": "validation/log_loss",
    "data=diabetes seed=1,2": "validation/mse",
    "data=diabetes training.loss=mean_squared_error,mean_absolute_error": "validation/mse",
    "data=diabetes training.loss=mean_absolute_error seed=1,2": "validation/mae",
    "data=xor training.loss=perceptron,binary_crossentropy": "validation/accuracy",
    "data=xor training.loss=perceptron training.metrics=[] seed=1,2": "validation/loss",
    "data=california_housing,california_ratios": "validation/mse",
    "data=diabetes training.loss=quantile training.loss_arguments={level:0.1},{}": "validation/mae",
    f"{QUANTILE} model.units=[8],[4]": "validation/pinball/0.9",
    "data.split.seed=1,2": "validation/log_loss",
    f"{FOLDS} model.units=[8],[4]": "validation/log_loss",
    f"{DUPLICATES} data.split.seed=1,2": "validation/log_loss",
    f"{DUPLICATES.replace('drop', 'keep')} data.drop=[],[petal_width]": "validation/log_loss",
}


@pytest.mark.parametrize("overrides", COMMON)
def test_trials_are_compared_by_a_common_metric(overrides):
    objective = grid("data=digits", *overrides.split()).objective
    assert objective.metric == COMMON[overrides]
    assert objective.direction is direction_of(objective.metric, None, key="")


ROWS = "their validation rows differ"
DIFFERENT = {
    "data=xor,digits": f"{ROWS}: data.source",
    "data=mnist,mnist_first_5000": f"{ROWS}: data.split",
    "data=diabetes data.rows=200,400": f"{ROWS}: data.rows",
    "data=california_housing data.target_unit=1,1000": f"{ROWS}: data.target_unit",
    f"{DUPLICATES} data.drop=[],[petal_width]": f"{ROWS}: data.drop",
    f"{DUPLICATES} data.numeric=[],[petal_width]": f"{ROWS}: data.numeric",
    f"{DUPLICATES.replace('drop', 'together')} data.drop=[],[petal_width]": f"{ROWS}: data.drop",
    "data.split.duplicates=keep,together": f"{ROWS}: data.split",
    "data.split.validation=0.2,0.1": f"{ROWS}: data.split",
    "data=xor training.metrics=[] training.loss=perceptron,binary_crossentropy": (
        "they have no metric in common"
    ),
}


@pytest.mark.parametrize("overrides", DIFFERENT)
def test_incomparable_trials_have_no_objective(overrides):
    one = grid("data=digits", *overrides.split())
    assert (one.objective, one.difference) == (None, DIFFERENT[overrides])


def wanting(metric: str, *overrides: str) -> Grid:
    """A grid with an objective that the settings name."""
    objective = Objective.named(metric, None, key="sweep.objective")
    return compose_grid(overrides, objective=objective, conf=CONF)


def test_named_objective_compares_all_trials():
    assert wanting("validation/accuracy", "data=digits", "seed=1,2").objective == Objective(
        "validation/accuracy", Direction.max
    )


@pytest.mark.parametrize(
    ("metric", "overrides", "reason"),
    [
        ("validation/r2", "data=diabetes,california_housing", f"{ROWS}: data.source"),
        (
            "validation/loss",
            "data=california_housing,california_ratios",
            "validation/loss does not measure the same in all of them: data.standardize_target",
        ),
        (
            "validation/loss",
            "data=diabetes training.loss=null,mean_absolute_error",
            "validation/loss does not measure the same in all of them: training.loss",
        ),
        (
            "validation/weighted_loss",
            "data=iris_setosa training.class_weight=balanced,{setosa:2}",
            "validation/weighted_loss does not measure the same in all of them: "
            "training.class_weight",
        ),
    ],
)
def test_named_objective_must_measure_the_same(metric, overrides, reason):
    one = wanting(metric, *overrides.split())
    assert (one.objective, one.difference) == (None, reason)


@pytest.mark.parametrize(
    ("metric", "overrides", "added"),
    [
        ("validation/accuracy", "data=digits", []),
        ("validation/loss", "data=digits", []),
        (
            "validation/log_loss",
            "data=digits training.metrics=[accuracy]",
            ["training.metrics=[accuracy,log_loss]"],
        ),
        (
            'validation/recall/Iris, the "first"',
            "data=iris_setosa",
            ["training.metrics=[accuracy,log_loss,'recall/Iris, the \"first\"']"],
        ),
        (
            "validation/pinball/0.9",
            "data=diabetes training.metrics=[]",
            ["training.metrics=[pinball/0.9]"],
        ),
        (
            "validation/r2",
            f"data=diabetes {STOPPING}.monitor=validation/r2 training.metrics=[]",
            [],
        ),
    ],
)
def test_trials_measure_the_named_objective(in_root, metric, overrides, added):
    objective = Objective.named(metric, None, key="sweep.objective")
    given = overrides.split()
    assert measuring(given, objective) == [*given, *added]
    assert measuring(given, None) == given


def test_trial_measures_a_metric_with_an_argument(in_root):
    metric = "validation/recall/setosa"
    objective = Objective.named(metric, None, key="sweep.objective")
    (config, _) = wanting(metric, *measuring(["data=iris_setosa", "seed=1,2"], objective)).configs
    assert config.training.metrics == ["accuracy", "log_loss", "recall/setosa"]


@pytest.mark.parametrize("metric", ["validation/r2", "validation/pinball/0.9"])
def test_objective_of_another_task_is_refused(in_root, metric):
    objective = Objective.named(metric, None, key="sweep.objective")
    assert refusal(measuring, ["data=digits"], objective) == (
        "sweep.objective names a metric that does not suit classification. "
        f"Received: {metric.removeprefix('validation/')}. Choose a metric for classification."
    )


def values_of(grid: Grid) -> list[dict[str, str]]:
    return [trial.values for trial in grid.trials]


def test_splits_are_repetitions_of_a_configuration():
    four = grid("data=digits", "data.split.seed=1,2", "model.units=[8],[4]")
    assert four.is_over_splits
    assert values_of(four)[1] == {"data.split.seed": "1", "model.units": "[4]"}
    assert four.run_name(1) == "split.seed=1 units=[4]"


def test_seeds_vary_on_one_split():
    assert not grid("data=digits", "data.split.seed=7", "seed=1,2").is_over_splits


def test_folds_are_repetitions_of_a_configuration():
    three = grid("data=digits", *FOLDS.split())
    assert three.is_over_splits
    assert values_of(three) == [{"data.split.fold": fold} for fold in "012"]


@pytest.fixture(scope="module")
def variants(tmp_path_factory) -> Path:
    """conf/ with variants `a1`, `a2` and `b1`, `b2` of `pairs`: two features, each on two splits.

    `b3` is like `b1` on a third split.
    """
    conf = copy_conf(tmp_path_factory.mktemp("variants"))
    for name, drop, seed in [
        *(("a1", "[]", 1), ("a2", "[]", 2)),
        *(("b1", "[x]", 1), ("b2", "[x]", 2), ("b3", "[x]", 3)),
    ]:
        (conf / f"data/{name}.yaml").write_text(
            f"{{source: pairs, task: classification, target: side, drop: {drop}, "
            f"split: {{seed: {seed}}}}}\n"
        )
    return conf


def test_variants_that_differ_in_the_split_are_repetitions(variants):
    four = compose_grid(["data=a1,a2", "model.units=[8],[4]"], conf=variants)
    assert four.objective.metric == "validation/log_loss"
    assert values_of(four) == [
        {"model.units": units, "data.split.seed": seed} for seed in "12" for units in ("[8]", "[4]")
    ]


def test_variants_with_other_features_are_configurations(variants):
    four = compose_grid(["data=a1,b1,a2,b2"], conf=variants)
    assert four.is_over_splits
    assert values_of(four) == [
        {"data": data, "data.split.seed": seed} for seed in "12" for data in ("a1,a2", "b1,b2")
    ]


def test_variants_without_a_common_split_are_not_compared(variants):
    reason = "no seed or fold of the split is common to all configurations"
    for names, is_over_splits in (("a1,b2", False), ("a1,a2,b3", True)):
        one = compose_grid([f"data={names}"], conf=variants)
        assert (one.objective, one.difference) == (None, reason)
        assert one.is_over_splits == is_over_splits


def test_same_rows_under_another_name_are_refused(variants):
    (variants / "data/a3.yaml").write_text((variants / "data/a1.yaml").read_text())
    assert refusal(compose_grid, ["data=a1,a3"], conf=variants) == (
        "command line: two trials of the sweep are the same. Received: data=a3. "
        "Give each value once."
    )


def test_seed_of_an_undrawn_split_is_refused():
    assert refusal(grid, "data=xor", "data.split.seed=1,2") == (
        "the sweep varies the seed of a split that is not drawn. "
        "Received: data.split.method whole. "
        "Sweep over seed only, or choose a data variant with a drawn split."
    )


def test_winner_has_the_split_of_its_data_variant():
    (first, *_) = (one := grid("data=digits", *FOLDS.split(), "seed=5")).trials
    assert one.own_split(first) == ["data=digits", "seed=5"]
    (first, *_) = (one := grid("data=digits", "data.split.seed=7", "seed=1,2")).trials
    assert one.own_split(first) == ["data=digits", "data.split.seed=7", "seed=1"]
