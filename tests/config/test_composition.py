"""Invalid configurations, each with its whole message, and valid ones."""

from dataclasses import fields
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import resolved
from pipeline.config.claim import Claim
from pipeline.config.data import Data, Task
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.optimizer import settings_of
from pipeline.config.split import SplitSettings
from pipeline.config.training import EarlyStopping, Training
from pipeline.config.values import to_values, write_yaml
from pipeline.errors import PipelineError
from pipeline.models.families.mlp import Mlp
from tests.support import ROOT, refusals
from tests.support.modules import loaded_by

CONF = ROOT / "conf"
HEAD = "# @package _global_\ndefaults:\n  - override /data: shapes\n"
TRAINING = ", ".join(sorted(field.name for field in fields(Training)))
SETTINGS = ", ".join(
    sorted(field.name for field in fields(ExperimentConfig) if field.name != "name")
)
LOSSES = (
    "binary_crossentropy, categorical_crossentropy, focal, huber, mean_absolute_error, "
    "mean_squared_error, perceptron, quantile, sparse_categorical_crossentropy"
)
FLOATS = "Expected: 0, or a number from 1.2e-38 to 3.4e+38 in size."
DATA = (
    "california_housing, california_ratios, cifar10, cifar10_first_5000, diabetes, digits, "
    "iris_setosa, mnist, "
    "mnist_first_10000, mnist_first_5000, pairs, prices, shapes, xor"
)


def refusal(*overrides: str) -> str:
    return refusals.refusal(compose_experiment, overrides)


def refusal_of_file(body: str, path: str = "conf/experiment/own.yaml") -> str:
    Path(path).write_text(body, encoding="utf-8")
    return refusal("experiment=own")


IN_FILES = {
    "training: {bacth_size: 64}": (
        "training.bacth_size is not a setting. Received: bacth_size=64. Did you mean "
        f"batch_size? Allowed: {TRAINING}."
    ),
    "seeds: 1": (
        f"seeds is not a setting. Received: seeds=1. Did you mean seed? Allowed: {SETTINGS}."
    ),
    "optimizer: {momentum: 0.9}": (
        "optimizer.momentum is not a setting. Received: momentum=0.9. "
        "Did you mean ema_momentum? Allowed: amsgrad, beta_1, beta_2, clipnorm, clipvalue, "
        "decay_biases, ema_momentum, ema_overwrite_frequency, epsilon, final_share, "
        "global_clipnorm, gradient_accumulation_steps, learning_rate, loss_scale_factor, schedule, "
        "schedule_arguments, warmup_steps, weight_decay."
    ),
    "training: {early_stopping: {patient: 3}}": (
        "training.early_stopping.patient is not a setting. Received: patient=3. "
        "Did you mean patience? Allowed: direction, min_delta, monitor, patience, start_epoch."
    ),
    "training: {batch_size: many}": (
        "training.batch_size is invalid. Received: batch_size=many. "
        "Value 'many' of type 'str' could not be converted to Integer."
    ),
    "training: {loss: hinge}": (
        f"training.loss is not a loss. Received: hinge. Allowed: {LOSSES}."
    ),
    "training: 3": (
        "Merge error: int is not a subclass of Training. value: 3. See docs/configuration.md."
    ),
    "training: {epochs: 3, steps: 10}": (
        "training.epochs is invalid. Received: ['epochs', 'steps']. Expected: one of epochs "
        "and steps."
    ),
    "training: {epochs: null, steps: 5, evaluate_at: [1, 6]}": (
        "training.evaluate_at is invalid. Received: [6]. Expected: no step after the last, 5."
    ),
    "training: {early_stopping: {patience: 0}}": (
        "training.early_stopping.patience is invalid. Received: 0. Expected: at least 1, or null."
    ),
    "training: {batch_size: '${nothing}'}": (
        "training.batch_size is invalid. Received: batch_size=${nothing}. Interpolation key "
        "'nothing' not found."
    ),
    "seed: -1": "seed is invalid. Received: -1. Expected: an integer from 0 to 4,294,967,295.",
    "name: other": (
        "name is not a setting. Received: other. Remove it: the name of the file in conf/ is the "
        "name."
    ),
    "model: {units: [0]}": (
        "model.units is invalid. Received: [0]. Expected: a list of whole numbers from 1."
    ),
    "hydra: {sweeper: {params: {seed: '1,2'}}}": (
        "hydra.sweeper.params is not supported. Received: {'seed': '1,2'}. Remove it, and sweep on "
        "the command line: python -m pipeline.sweep own key=value,value."
    ),
    "hydra: {mode: MULTIRUN}": (
        "hydra.mode is not supported. Received: MULTIRUN. Remove it, and sweep on the command "
        "line: python -m pipeline.sweep own key=value,value."
    ),
    "model: {family: cnn}": (
        "model.family is invalid. Received: cnn. Expected: mlp, as the file has it."
    ),
    "model: {_target_: os.system}": (
        "model._target_ is not a setting. Received: _target_=os.system. "
        "Allowed: activation, api, augmentation, dropout, pixel_range, units, weights_from."
    ),
    "claims: [{metric: test/accuracy}]": (
        "claims is invalid. Received: test/accuracy. Expected: at_least or at_most next to "
        "each metric."
    ),
    "claims: [{at_least: 0.5}]": "claims[0].metric is missing. Set it: it has no default.",
    "training: {batch_size: 3": (
        "line 5, column 1: this is not valid YAML. Received: expected ',' or '}', but got "
        "'<stream end>'. Expected: plain YAML."
    ),
    "training: !!python/object/apply:os.system ['true']": (
        "line 4, column 11: this is not valid YAML. Received: could not determine a constructor "
        "for the tag "
        "'tag:yaml.org,2002:python/object/apply:os.system'. Expected: plain YAML."
    ),
    "  - override /model: mpl": (
        "model has no file of this name. Received: model=mpl. Did you mean mlp? Allowed: cnn, "
        "layers, linear, mlp, python, resnet, tabular."
    ),
    "  - override /modle: mlp": (
        "this is not a group of settings. Received: modle. "
        "Did you mean model? Allowed: data, experiment, hydra, model, optimizer, search, source, "
        "space, tracking, training."
    ),
    "  - override /model: layers\nmodel: {layers: [{class_name: Dense, _target_: os.system}]}": (
        "model.layers[0]._target_ is refused. Received: os.system. Remove it: settings cannot "
        "name Python objects."
    ),
    "  - override /model: layers\nmodel: {layers: [{units: 3}]}": (
        "model.layers[0] names no layer. Received: {'units': 3}. "
        "Write class_name and its arguments, such as {class_name: Dense, units: 64}."
    ),
}

ON_THE_COMMAND_LINE = {
    "training.bacth_size=3": (
        "training.bacth_size is not a setting. Received: training.bacth_size=3. Did you mean "
        f"batch_size? Allowed: {TRAINING}."
    ),
    "modle=mlp": (
        f"modle is not a setting. Received: modle=mlp. Did you mean model? Allowed: {SETTINGS}."
    ),
    "+training.foo=1": f"training.foo is not a setting. Received: foo=1. Allowed: {TRAINING}.",
    "++training.foo=1": f"training.foo is not a setting. Received: foo=1. Allowed: {TRAINING}.",
    "++training.foo.bar=1": (
        f"training.foo is not a setting. Received: foo={{'bar': 1}}. Allowed: {TRAINING}."
    ),
    "training.batch_size=abc": (
        "training.batch_size is invalid. Received: training.batch_size=abc. "
        "Value 'abc' of type 'str' could not be converted to Integer."
    ),
    "model.api=both": (
        "model.api is invalid. Received: model.api=both. Invalid value 'both', expected one of "
        "[sequential, functional]."
    ),
    "optimizer.learning_rate=null": (
        "optimizer.learning_rate is invalid. Received: optimizer.learning_rate=null. "
        "Field 'optimizer.learning_rate' is not Optional."
    ),
    "model=mpl": (
        "model has no file of this name. Received: model=mpl. Did you mean mlp? Allowed: cnn, "
        "layers, linear, mlp, python, resnet, tabular."
    ),
    "model=": (
        "model has no file of this name. Received: model=. Allowed: cnn, layers, linear, mlp, "
        "python, resnet, tabular."
    ),
    "data=zzz": f"data has no file of this name. Received: data=zzz. Allowed: {DATA}.",
    "training.batch_size=0": (
        "training.batch_size is invalid. Received: 0. Expected: a whole number from 1."
    ),
    "training.label_smoothing=0.1": (
        "training.label_smoothing is invalid. Received: 0.1. Expected: 0, or a training.loss "
        "such as binary_crossentropy or categorical_crossentropy."
    ),
    "training.label_smoothing=1": (
        "training.label_smoothing is invalid. Received: 1.0. Expected: a share from 0 to below 1."
    ),
    "training.loss_reduction=none": (
        "training.loss_reduction is invalid. Received: training.loss_reduction=none. "
        "Invalid value 'none', expected one of [mean, sum]."
    ),
    "optimizer.final_share=1": (
        "optimizer.final_share is invalid. Received: 1.0. Expected: a number from 0 to below 1."
    ),
    "optimizer.warmup_steps=5": (
        "optimizer.warmup_steps is invalid. Received: 5. Expected: 0, or more with "
        "optimizer.schedule: cosine."
    ),
    "model.augmentation=[{factor: 0.1}]": (
        "model.augmentation[0] names no layer. Received: {'factor': 0.1}. "
        "Write class_name and its arguments, such as {class_name: Dense, units: 64}."
    ),
    "training.evaluate_at=[-1]": (
        "training.evaluate_at is invalid. Received: [-1]. Expected: a list of steps from 0."
    ),
    "optimizer.learning_rate=-0.1": (
        "optimizer.learning_rate is invalid. Received: -0.1. Expected: a number above 0."
    ),
    "optimizer.learning_rate=nan": (
        "optimizer.learning_rate is invalid. Received: nan. Expected: a number above 0."
    ),
    "optimizer.clipnorm=0": (
        "optimizer.clipnorm is invalid. Received: 0.0. Expected: a number above 0."
    ),
    "optimizer.beta_1=1": (
        "optimizer.beta_1 is invalid. Received: 1.0. Expected: a number from 0 to below 1."
    ),
    "model.dropout=1.5": (
        "model.dropout is invalid. Received: 1.5. Expected: a number from 0 to below 1."
    ),
    "model.pixel_range=[1,0]": (
        "model.pixel_range is invalid. Received: [1.0, 0.0]. Expected: [lowest, highest]."
    ),
    "data.name=other": (
        "data.name is not a setting. Received: other. Remove it: the name of the file in conf/ "
        "is the name."
    ),
    "+model._target_=os.system": (
        "model._target_ is refused. Received: os.system. Remove it: settings cannot name Python "
        "objects."
    ),
    "++model._target_=os.system": (
        "model._target_ is refused. Received: os.system. Remove it: settings cannot name Python "
        "objects."
    ),
    "~training.threads": (
        "training.threads is invalid. Received: ~training.threads. "
        "Training (DictConfig) does not support deletion."
    ),
    "~training": "training is missing. Set it: it has no default.",
    "training.batch_size=${nothing}": (
        "training.batch_size is invalid. Received: training.batch_size=${nothing}. "
        "Interpolation key 'nothing' not found."
    ),
    "training.batch_size=${training.batch_size}": (
        "training.batch_size is invalid. Received: training.batch_size=${training.batch_size}. "
        "Recursive interpolation detected."
    ),
    "training.batch_size": (
        "an override is not key=value. Received: training.batch_size. Expected: for example "
        "training.batch_size=32."
    ),
    "training.batch_size=[": (
        "an override is not key=value. Received: training.batch_size=[. Expected: for example "
        "training.batch_size=32. "
        "Put a value that Hydra cannot read in quotes, as 'reported=\"> 90 %\"'."
    ),
    "training.epochs=99999999999999999999": (
        "training.epochs is invalid. Received: 99999999999999999999. "
        "Expected: a number up to 1,000,000,000."
    ),
    "training.batch_size=10000000000": (
        "training.batch_size is invalid. Received: 10000000000. "
        "Expected: a number up to 10,000,000."
    ),
    "training.threads=100000": (
        "training.threads is invalid. Received: 100000. Expected: a number up to 1,024."
    ),
    f"training.in_memory_limit={10**30}": (
        f"training.in_memory_limit is invalid. Received: {10**30}. "
        "Expected: a number up to 9,223,372,036,854,775,807."
    ),
    f"training.evaluate_at={[0] * 1001}".replace(" ", ""): (
        "training.evaluate_at is invalid. Received: 1,001 steps. "
        "Expected: at most 1,000 steps, because each one saves a model."
    ),
    "training.early_stopping.patience=-1": (
        "training.early_stopping.patience is invalid. Received: -1. Expected: at least 1, or null."
    ),
    f"training.early_stopping.start_epoch={10**30}": (
        f"training.early_stopping.start_epoch is invalid. Received: {10**30}. "
        "Expected: a whole number of 64 bits."
    ),
    "training.early_stopping.min_delta=inf": (
        f"training.early_stopping.min_delta is invalid. Received: inf. {FLOATS}"
    ),
    "training.early_stopping={monitor: validation/accuracy, direction: min}": (
        "training.early_stopping.direction is invalid. Received: min for validation/accuracy. "
        "Expected: max, because validation/accuracy is better if it is larger; or no direction."
    ),
    "training.early_stopping.direction=max": (
        "training.early_stopping.direction is invalid. Received: max for validation/loss. "
        "Expected: min, because validation/loss is better if it is smaller; or no direction."
    ),
    "training.reduce_on_plateau={monitor: train/log_loss, direction: max}": (
        "training.reduce_on_plateau.direction is invalid. Received: max for train/log_loss. "
        "Expected: min, because train/log_loss is better if it is smaller; or no direction."
    ),
    "training.early_stopping.monitor=val_loss": (
        "training.early_stopping.monitor is not measured by training. Received: val_loss. "
        "Choose a metric with its split, such as validation/loss or train/accuracy."
    ),
    "training.early_stopping.monitor=test/accuracy": (
        "training.early_stopping.monitor is not measured by training. Received: test/accuracy. "
        "Choose a metric with its split, such as validation/loss or train/accuracy."
    ),
    "training.early_stopping.monitor=running/accuracy": (
        "training.early_stopping.monitor is not measured by training. "
        "Received: running/accuracy. Allowed: running/loss."
    ),
    "training.early_stopping.monitor=validation/mae": (
        "training.early_stopping.monitor names a metric that does not suit classification. "
        "Received: mae. Choose a metric for classification."
    ),
    "training.metrics=[mae]": (
        "training.metrics names a metric that does not suit classification. Received: mae. "
        "Choose a metric for classification."
    ),
    "training.reduce_on_plateau.lowest=1e300": (
        f"training.reduce_on_plateau.lowest is invalid. Received: 1e+300. {FLOATS}"
    ),
    "training.class_weight={top: 1e300}": (
        f"training.class_weight.top is invalid. Received: 1e+300. {FLOATS}"
    ),
    "checkpoint.every_seconds=inf": (
        f"checkpoint.every_seconds is invalid. Received: inf. {FLOATS}"
    ),
    "optimizer.learning_rate=inf": f"optimizer.learning_rate is invalid. Received: inf. {FLOATS}",
    "optimizer.learning_rate=1e-300": (
        f"optimizer.learning_rate is invalid. Received: 1e-300. {FLOATS}"
    ),
    "optimizer.clipnorm=inf": f"optimizer.clipnorm is invalid. Received: inf. {FLOATS}",
    "optimizer.epsilon=-1": (
        "optimizer.epsilon is invalid. Received: -1.0. Expected: a number above 0."
    ),
    "optimizer.epsilon=nan": (
        "optimizer.epsilon is invalid. Received: nan. Expected: a number above 0."
    ),
    "model.pixel_range=[0,inf]": f"model.pixel_range[1] is invalid. Received: inf. {FLOATS}",
    "model.units=[1000000000]": (
        "model.units is invalid. Received: [1000000000]. "
        "Expected: at most 1,000 numbers up to 1,000,000."
    ),
    "model.augmentation=[{class_name: RandomZoom, factor: nan}]": (
        f"model.augmentation[0].factor is invalid. Received: nan. {FLOATS}"
    ),
    "+claims=[{metric: test/r2, at_least: nan, at_most: 1}]": (
        f"claims[0].at_least is invalid. Received: nan. {FLOATS}"
    ),
    f"data.rows={10**30}": (
        f"data.rows is invalid. Received: {10**30}. Expected: a number up to 2,147,483,647."
    ),
    "data.split.test=inf": (
        "data.split.test is invalid. Received: inf. "
        "Expected: a fraction below 1 or a number of rows."
    ),
    "data.split.validation=1e40": (
        "data.split.validation is invalid. Received: 1e+40. Expected: a number up to 2,147,483,647."
    ),
    "data.target_unit=inf": f"data.target_unit is invalid. Received: inf. {FLOATS}",
    "model=../model/mlp": (
        "a choice is outside its folder of conf/. Received: model=../model/mlp. "
        "Name a file of conf/model."
    ),
    "seed=1,2": (
        "one setting has several values. Received: seed=1,2. "
        "Expected: one value, a list such as model.units=[64,32], or -m for a sweep."
    ),
    "seed=range(1,3)": (
        "one setting has several values. Received: seed=range(1,3). "
        "Expected: one value, a list such as model.units=[64,32], or -m for a sweep."
    ),
}


@pytest.mark.parametrize("body", IN_FILES)
def test_invalid_experiment_file_is_refused_in_one_line(in_repository, body):
    separator = ", " if IN_FILES[body].startswith("line ") else ": "
    assert (
        refusal_of_file(f"{HEAD}{body}\n") == f"conf/experiment/own.yaml{separator}{IN_FILES[body]}"
    )


def test_monitor_of_unmeasured_rows_is_refused(in_repository):
    monitor = "training.early_stopping.monitor=train/loss"
    assert refusal("data=shapes", "training.measure_train=false", monitor) == (
        "command line: training.early_stopping.monitor is invalid. Received: train/loss. "
        "Expected: a figure of validation, or training.measure_train: true."
    )


def test_unknown_metric_is_refused_with_a_suggestion(in_repository):
    begin = "is not a metric. Received: acuracy. Did you mean accuracy? Allowed: accuracy, "
    assert refusal("data=shapes", "training.metrics=[acuracy]").startswith(
        f"command line: training.metrics {begin}"
    )


def test_unknown_monitor_is_refused_with_a_suggestion(in_repository):
    text = refusal("data=shapes", "training.early_stopping.monitor=validation/acuracy")
    assert text.startswith(
        "command line: training.early_stopping.monitor is not measured by training. "
        "Received: validation/acuracy. Did you mean validation/accuracy? "
        "Allowed: validation/accuracy, "
    )


@pytest.mark.usefixtures("in_repository")
@pytest.mark.parametrize("override", ON_THE_COMMAND_LINE)
def test_invalid_override_is_refused_in_one_line(override):
    chosen = [] if override.startswith("data=") else ["data=shapes"]
    assert refusal(*chosen, override) == f"command line: {ON_THE_COMMAND_LINE[override]}"


def test_accumulated_gradients_need_a_mean_loss(in_repository):
    overrides = ("optimizer.gradient_accumulation_steps=2", "training.loss_reduction=sum")
    assert refusal("data=shapes", *overrides) == (
        "command line: training.loss_reduction is invalid. "
        "Received: sum and optimizer.gradient_accumulation_steps 2. "
        "Expected: mean, because Keras takes the mean of accumulated gradients."
    )


CONFLICTS = {
    "training.steps=10": "conf/experiment/own.yaml: training.evaluate_at is invalid with the "
    "override training.steps=10. Received: [20]. Expected: no step after the last, 10. "
    "Add the override training.evaluate_at=[].",
    "optimizer.schedule=constant": "conf/experiment/own.yaml: optimizer.warmup_steps is invalid "
    "with the override optimizer.schedule=constant. Received: 5. "
    "Expected: 0, or more with optimizer.schedule: cosine. "
    "Add the override optimizer.warmup_steps=0.",
    "training.reduce_on_plateau.patience=3": "conf/experiment/own.yaml: optimizer.schedule is "
    "invalid with the override training.reduce_on_plateau.patience=3. Received: cosine and "
    "training.reduce_on_plateau.patience. Expected: one of the two. "
    "Leave out training.reduce_on_plateau.patience=3, or override optimizer.schedule as well.",
    "model=linear": "conf/experiment/own.yaml: model.units is not a setting with the override "
    "model=linear. Received: units=[4]. Allowed: augmentation, pixel_range, weights_from. "
    "Leave out model=linear, or write another file in conf/experiment/.",
    "training.epochs=3": "command line: training.epochs is invalid with training.steps of "
    "conf/experiment/own.yaml. Received: ['epochs', 'steps']. Expected: one of epochs and steps. "
    "Add the override training.steps=null.",
    "training.batch_size=0": "command line: training.batch_size is invalid. Received: 0. "
    "Expected: a whole number from 1.",
}


@pytest.mark.usefixtures("in_repository")
@pytest.mark.parametrize("override", CONFLICTS)
def test_conflict_of_override_and_file_names_both_and_the_remedy(override):
    body = """model: {units: [4]}
optimizer: {schedule: cosine, warmup_steps: 5}
training: {steps: 20, evaluate_at: [20]}
"""
    Path("conf/experiment/own.yaml").write_text(f"{HEAD}{body}", encoding="utf-8")
    assert refusal("experiment=own", "seed=2", override) == CONFLICTS[override]


def test_number_with_thousands_of_digits_is_refused(in_repository):
    assert refusal("data=shapes", f"seed={'9' * 4500}") == (
        "a whole number has thousands of digits. Expected: numbers up to 9,223,372,036,854,775,807."
    )


@pytest.mark.usefixtures("in_repository")
@pytest.mark.parametrize(
    "override",
    [
        f"training.epochs={10**9}",
        f"training.early_stopping.patience={10**18}",
        "training.early_stopping.min_delta=0",
        "optimizer.weight_decay=0",
        "optimizer.learning_rate=1e-30",
        "+claims=[{metric: test/r2, at_most: 1e30}]",
    ],
)
def test_large_number_within_the_bounds_is_accepted(override):
    compose_experiment(["data=shapes", override])


def test_experiment_is_required(in_repository):
    assert refusal().startswith(
        "command line: no experiment is named. Write its name, or data=<data variant> for the "
        "default network. Allowed: california_deep, california_mlp, "
    )


@pytest.mark.usefixtures("in_repository")
def test_unknown_flag_is_named():
    assert refusal("data=shapes", "--epochs=3") == (
        "command line: this flag does not exist. Received: --epochs=3. "
        "See the help of the command with --help."
    )


def test_misspelt_setting_is_named_before_missing_data(in_repository):
    assert refusal("experimnt=mnist_mlp").startswith(
        "command line: experimnt is not a setting. Received: experimnt=mnist_mlp. "
        "Did you mean experiment?"
    )


NESTED = {
    "early_stopping.patience=3": "early_stopping is not a setting. Received: early_stopping. "
    "Did you mean training.early_stopping?",
    "patience=3": "patience is not a setting. Received: patience=3. Did you mean "
    "training.early_stopping.patience or training.reduce_on_plateau.patience?",
}


@pytest.mark.parametrize("override", NESTED)
def test_setting_without_its_group_is_named_with_it(override, in_repository):
    assert refusal("data=shapes", override) == f"command line: {NESTED[override]}"


@pytest.mark.parametrize("setting", [".patience=3", "={patience: 3}"])
def test_setting_turns_on_a_group_that_is_null(setting, in_repository):
    (in_repository / "conf/experiment/endless.yaml").write_text(
        "# @package _global_\ndefaults: [{override /data: shapes}]\n"
        "training: {early_stopping: null}\n"
    )
    assert compose_experiment(["experiment=endless"]).training.early_stopping is None
    rule = compose_experiment(["experiment=endless", f"training.early_stopping{setting}"])
    early_stopping = rule.training.early_stopping
    assert early_stopping is not None
    assert (early_stopping.patience, early_stopping.monitor) == (3, "validation/loss")


def test_setting_without_a_default_is_required(in_repository):
    Path("conf/data/bare.yaml").write_text("source: iris\ntask: classification\n")
    text = refusal("data=bare")
    Path("conf/data/bare.yaml").unlink()
    assert text == "conf/data/bare.yaml: data.target is missing. Set it: it has no default."


def test_fault_of_a_default_names_its_file(in_repository):
    default = Path("conf/training/default.yaml")
    default.write_text(default.read_text().replace("epochs: null", "epochs: 200"))
    assert refusal("data=shapes", "training.steps=100") == (
        "conf/training/default.yaml: training.epochs is invalid with the override "
        "training.steps=100. Received: ['epochs', 'steps']. Expected: one of epochs and steps. "
        "Add the override training.epochs=null."
    )


def test_cosine_and_plateau_exclude_each_other(in_repository):
    assert refusal(
        "data=shapes", "optimizer.schedule=cosine", "training.reduce_on_plateau.patience=3"
    ) == (
        "command line: optimizer.schedule is invalid. "
        "Received: cosine and training.reduce_on_plateau.patience. Expected: one of the two."
    )


def test_circular_interpolation_is_refused(in_repository):
    assert refusal_of_file(
        f"{HEAD}seed: ${{training.batch_size}}\ntraining:\n  batch_size: ${{seed}}\n"
    ) == (
        "conf/experiment/own.yaml: seed is invalid. Received: seed=${training.batch_size}. "
        "Recursive interpolation detected."
    )


def test_composition_elsewhere_names_the_right_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        refusal("data=mnist")
        == "conf/config.yaml is missing. Run the command in the repository's root."
    )


def test_experiment_has_the_name_of_its_file(in_repository):
    assert compose_experiment(["experiment=mnist_mlp"]).name == "mnist_mlp"


def test_default_experiment_has_the_name_of_its_data(in_repository):
    assert compose_experiment(["data=shapes"]).name == "shapes"


def test_override_replaces_a_value_of_the_file(in_repository):
    config = compose_experiment(["experiment=mnist_mlp", "optimizer.learning_rate=0.5"])
    assert config.optimizer.learning_rate == 0.5


def config_with(rate: float, seed: int, units: list[int]) -> ExperimentConfig:
    return ExperimentConfig(
        name="own",
        seed=seed,
        data=Data(name="own", task=Task.regression, target="y", split=SplitSettings(test=0.25)),
        model=Mlp(units=units),
        optimizer=settings_of("adam")(learning_rate=rate),
        training=Training(epochs=3, early_stopping=EarlyStopping(monitor="validation/r2")),
    )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rate=st.one_of(st.just(1e-5), st.floats(min_value=0, exclude_min=True, allow_infinity=False)),
    seed=st.integers(0, 2**32 - 1),
    units=st.lists(st.integers(1, 10_000)),
)
def test_saved_configuration_is_read_back_equal(tmp_path, rate, seed, units):
    config = config_with(rate, seed, units)
    write_yaml(resolved.run_settings(config), tmp_path / "own.yaml")
    assert resolved.read(tmp_path / "own.yaml") == config


@given(value=st.floats(allow_nan=False))
def test_yaml_reader_returns_the_same_float(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "float.yaml"
    write_yaml({"rate": value}, path)
    read = yaml.safe_load(path.read_text())["rate"]
    assert (type(read), read) == (float, value)


def test_small_float_is_written_with_a_point(tmp_path):
    write_yaml({"rate": 1e-5}, tmp_path / "own.yaml")
    assert (tmp_path / "own.yaml").read_text() == "rate: 1.0e-05\n"


def test_claims_are_not_among_the_settings():
    config = config_with(0.1, 1, [3])
    config.claims = [Claim("test/r2", at_least=0.5)]
    assert resolved.run_settings(config) == resolved.run_settings(config_with(0.1, 1, [3]))


def test_missing_resolved_file_names_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusals.refusal(resolved.read, Path("own.yaml")) == (
        "own.yaml is missing. Write it again with: dvc repro compose."
    )


@pytest.mark.parametrize(
    "text", ["[", "", "3", "model: {}", "model: {family: mpl}", "model: {family: mlp}"]
)
def test_damaged_resolved_file_is_refused(tmp_path, text):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(
        PipelineError, match=r"own\.yaml is damaged\..* Write it again with: dvc repro compose\.$"
    ):
        resolved.read(tmp_path / "own.yaml")


def stems(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def test_every_group_of_conf_is_tested():
    groups = {path.parent.relative_to(CONF).as_posix() for path in CONF.rglob("*.yaml")} - {"."}
    assert groups == {
        "data",
        "experiment",
        "hydra/hydra_logging",
        "hydra/launcher",
        "model",
        "optimizer",
        "search",
        "source",
        "space",
        "tracking",
        "training",
    }


# The user's own code needs a name. The files do not have one.
OWN_CODE = {
    "model=python": ["model.build=scipy.special:expit"],
    "optimizer=python": ["optimizer.build=keras.optimizers:SGD"],
}


GROUPS = ("data", "model", "optimizer", "training", "tracking")
LONGEST = max(len(stems(group)) for group in GROUPS)


@pytest.mark.parametrize(
    "choices",
    [
        [f"{group}={stem}" for group, stem in zip(GROUPS, chosen, strict=True)]
        for chosen in zip(*(islice(cycle(stems(group)), LONGEST) for group in GROUPS), strict=True)
    ],
    ids=" ".join,
)
def test_every_choice_composes(choices):
    own_code = [setting for choice in choices for setting in OWN_CODE.get(choice, [])]
    values = to_values(compose_experiment([*choices, *own_code], conf=CONF))
    for group, _, stem in (choice.partition("=") for choice in choices):
        assert values[group].get("family", values[group].get("name", stem)) == stem


def keys_of(node: Any, prefix: str) -> set[str]:
    if not isinstance(node, dict):
        return set()
    return {f"{prefix}{key}" for key in node} | {
        inner for key, value in node.items() for inner in keys_of(value, f"{prefix}{key}.")
    }


def test_params_and_conf_share_no_key():
    params = set(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))
    conf: set[str] = set()
    for path in CONF.glob("*/*.yaml"):
        prefix = "" if path.parent.name == "experiment" else f"{path.parent.name}."
        conf |= keys_of(yaml.safe_load(path.read_text(encoding="utf-8")), prefix)
    assert len(conf) > 50
    assert not params & conf


def test_composition_loads_no_tensorflow():
    code = (
        "import pipeline.compose;"
        "from pipeline.config.experiment_composition import compose_experiment;"
        "compose_experiment(['experiment=mnist_mlp'])"
    )
    assert not {"tensorflow", "keras"} & loaded_by(code)


def test_setting_below_null_is_refused(in_repository):
    assert refusal(
        "data=shapes", "training.early_stopping=null", "training.early_stopping.patience=3"
    ) == (
        "command line: a setting is inside a group that is null. "
        "Received: training.early_stopping=null training.early_stopping.patience=3. "
        "Set the whole group in a file of conf/experiment/."
    )


@pytest.mark.parametrize("override", ["data=null", "experiment=1"])
def test_choice_without_a_file_is_refused(override):
    assert refusals.refusal(compose_experiment, [override], conf=CONF) == (
        f"command line: a choice is not the name of a file. Received: {override}. Expected: for "
        "example data=mnist."
    )


@pytest.mark.usefixtures("in_repository")
def test_name_without_a_file_is_the_default_experiment_on_its_data():
    assert compose_experiment(["experiment=shapes"]) == compose_experiment(["data=shapes"])


@pytest.mark.usefixtures("in_repository")
def test_sweep_over_names_with_and_without_a_file_is_refused():
    assert refusal("experiment=mnist_mlp,shapes") == (
        "command line: a sweep is over experiments with and without a file. "
        "Received: experiment=mnist_mlp,shapes. "
        "Sweep over shapes alone, or write conf/experiment/shapes.yaml."
    )
