"""The run key. It binds settings, data, code and library versions."""

import json
import platform
from dataclasses import replace

import pytest

from pipeline import environment
from pipeline.code import PACKAGE
from pipeline.config import usual
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.environment import Cpu
from pipeline.runs import identity
from pipeline.runs.git import Git
from pipeline.training import losses
from tests.support import ROOT
from tests.support.metas import images, regression, table


def config(*overrides: str) -> ExperimentConfig:
    return compose_experiment(["data=digits", *overrides], conf=ROOT / "conf")


def key(*overrides: str) -> str:
    return identity.run_key(identity.identity(config(*overrides), images()))


def test_equal_runs_have_equal_keys():
    assert key() == key()
    assert len(key()) == 64


@pytest.mark.parametrize("override", ["seed=2", "training.threads=1", "model=cnn"])
def test_key_depends_on_settings(override):
    assert key() != key(override)


@pytest.mark.parametrize(
    "override",
    [
        "tracking=memory",
        "checkpoint.every_seconds=1",
        "checkpoint.keep_every=1",
        "baselines=false",
        "force=true",
        "reported=x",
    ],
)
def test_key_ignores_settings_without_effect(override):
    assert key() == key(override)


def test_key_depends_on_data():
    meta = images()
    changed = replace(meta, digests=meta.digests | {"train": "9" * 32})
    one, two = (identity.identity(config(), data) for data in (meta, changed))
    assert identity.run_key(one) != identity.run_key(two)


def test_key_depends_on_the_environment(monkeypatch):
    default = key()
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert key() != default


def test_key_depends_on_the_version_of_python(monkeypatch):
    default = key()
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    assert key() != default


def test_key_does_not_depend_on_the_cpu(monkeypatch):
    default = key()
    monkeypatch.setattr(environment, "cpu", lambda: Cpu("another", "x86_64"))
    assert key() == default


def test_choices_are_those_of_the_settings():
    chosen = identity.choices(config("model=cnn", "optimizer=sgd", "training.engine=keras"))
    assert chosen == {
        "pipeline.models.families": ["cnn"],
        "pipeline.training.engines": ["keras"],
        "pipeline.training.losses": ["sparse_categorical_crossentropy", "binary_crossentropy"],
        "pipeline.training.optimizers": ["sgd"],
        "pipeline.metrics": ["accuracy", "log_loss"],
        "pipeline.tracking.stores": ["mlflow"],
    }


def test_named_loss_is_a_choice():
    chosen = identity.choices(config("training.loss=categorical_crossentropy"))
    assert chosen["pipeline.training.losses"] == ["categorical_crossentropy"]


RUN_CODE = [
    "pipeline",
    "pipeline.config.data",
    "pipeline.config.experiment",
    "pipeline.config.metrics",
    "pipeline.config.model",
    "pipeline.config.optimizer",
    "pipeline.config.rules",
    "pipeline.config.signatures",
    "pipeline.config.split",
    "pipeline.config.training",
    "pipeline.config.usual",
    "pipeline.data.columns.reading",
    "pipeline.data.prepared",
    "pipeline.files",
    "pipeline.gpus",
    "pipeline.metrics",
    "pipeline.metrics._arguments",
    "pipeline.metrics._own",
    "pipeline.metrics._targets",
    "pipeline.metrics.accuracy",
    "pipeline.models.augmentation",
    "pipeline.models.body",
    "pipeline.models.families",
    "pipeline.models.families.linear",
    "pipeline.models.keras_layers",
    "pipeline.models.members",
    "pipeline.models.network",
    "pipeline.models.outputs",
    "pipeline.models.saved",
    "pipeline.models.scores",
    "pipeline.models.seeds",
    "pipeline.models.serving",
    "pipeline.models.texts",
    "pipeline.own.closure",
    "pipeline.own.copies",
    "pipeline.own.features",
    "pipeline.own.loading",
    "pipeline.own.reading",
    "pipeline.own.references",
    "pipeline.own.saved_objects",
    "pipeline.own.weights",
    "pipeline.registry",
    "pipeline.runs.checkpoint",
    "pipeline.runs.history",
    "pipeline.runs.model_card",
    "pipeline.runs.record",
    "pipeline.runs.result",
    "pipeline.training.callbacks",
    "pipeline.training.class_weights",
    "pipeline.training.engine",
    "pipeline.training.engines",
    "pipeline.training.engines.compiled",
    "pipeline.training.fitted_model",
    "pipeline.training.fitting",
    "pipeline.training.idle_engines",
    "pipeline.training.listener",
    "pipeline.training.listeners.keras_callbacks",
    "pipeline.training.loop",
    "pipeline.training.losses",
    "pipeline.training.losses._one_hot",
    "pipeline.training.losses._own",
    "pipeline.training.losses.perceptron",
    "pipeline.training.measuring",
    "pipeline.training.optimizers",
    "pipeline.training.optimizers._own",
    "pipeline.training.process",
    "pipeline.training.program",
    "pipeline.training.random_layers",
    "pipeline.training.rows",
    "pipeline.training.schedule",
    "pipeline.training.state",
    "pipeline.training.stopping",
    "pipeline.training.variables",
    "pipeline.training.warm_start",
]


def test_run_code_holds_only_what_trains():
    perceptron = compose_experiment(["experiment=iris_perceptron"], conf=ROOT / "conf")
    assert sorted(identity.run_code(perceptron)) == RUN_CODE


def test_only_modules_without_effect_are_left_out():
    settings = config()
    closure = PACKAGE.closure(*identity.ROOTS, chosen=identity.choices(settings))
    assert closure - identity.run_code(settings) == set(identity.MODULES_WITHOUT_EFFECT)


@pytest.mark.parametrize(
    ("data", "meta"),
    [("digits", images()), ("iris_setosa", table()), ("diabetes", regression())],
)
@pytest.mark.parametrize(
    "override", ["training.loss_reduction=mean", "training.loss_reduction=sum"]
)
def test_choices_hold_what_training_builds(data, meta, override):
    overrides = [f"data={data}", override]
    settings = compose_experiment(overrides, conf=ROOT / "conf")
    chosen = identity.choices(settings)
    loss = losses.name_of(settings.training, meta)
    measured = usual.measured_metrics(settings.training, settings.data.task, [loss])
    assert loss in chosen["pipeline.training.losses"]
    assert set(measured) <= set(chosen["pipeline.metrics"])


def test_monitored_metric_is_a_choice():
    monitor = "training.early_stopping.monitor=validation/r2"
    overrides = ["data=diabetes", "training.metrics=[]", monitor]
    settings = compose_experiment(overrides, conf=ROOT / "conf")
    assert identity.choices(settings)["pipeline.metrics"] == ["r2", "mse"]


def test_metric_of_a_named_loss_is_a_choice():
    chosen = identity.choices(config("training.loss=mean_absolute_error"))
    assert "mae" in chosen["pipeline.metrics"]


def test_identity_read_from_json_is_the_same():
    current = identity.identity(config("optimizer.learning_rate=1e-5"), images())
    current |= {"units": (5, 4), "limit": float("nan")}
    stored = json.loads(json.dumps(current))
    assert identity.run_key(stored) == identity.run_key(current)
    assert identity.difference(stored, current) is None


@pytest.mark.parametrize(
    ("stored", "current", "expected"),
    [
        ({"a": {"b": {"c": 32}}}, {"a": {"b": {"c": 64}}}, ("a.b.c", 32, 64)),
        ({"a": 1, "b": 1}, {"b": 2, "a": 2}, ("b", 1, 2)),
        ({"a": {"b": 1}, "c": 1}, {"a": {"b": 1}, "c": 2}, ("c", 1, 2)),
        ({"a": [1, 2]}, {"a": [1, 3]}, ("a", [1, 2], [1, 3])),
        ({"a": 1}, {"a": 1.0}, ("a", 1, 1.0)),
        ({}, {"a": 1}, ("a", None, 1)),
        ({"a": 1}, {}, ("a", 1, None)),
        ({}, {"a": None}, ("a", None, None)),
        ({"a": {"b": 1}}, {"a": {}}, ("a.b", 1, None)),
        ({"a": {"b": 1}}, {"a": None}, ("a", {"b": 1}, None)),
        ({"a": 1}, {"a": {"b": 1}}, ("a", 1, {"b": 1})),
        ({"gone": 1, "a": 1}, {"a": 2}, ("a", 1, 2)),
    ],
)
def test_difference_is_the_first_dotted_name(stored, current, expected):
    assert identity.difference(stored, current) == expected
    assert identity.run_key(stored) != identity.run_key(current)


@pytest.mark.parametrize(
    ("stored", "current"),
    [({}, {}), ({"a": {"b": 1}, "c": 2}, {"c": 2, "a": {"b": 1}}), ({"a": (1,)}, {"a": [1]})],
)
def test_equal_identities_have_no_difference(stored, current):
    assert identity.difference(stored, current) is None


def test_tags_name_experiment_stage_data_and_versions():
    tags = identity.tags("toy_mlp", "k" * 64, images(), None)
    expected = {
        "experiment": "toy_mlp",
        "stage": "train",
        "run_key": "k" * 64,
        "data": "toy",
        "data.source": "toy",
        "data.digest.train": "1" * 32,
    }
    assert expected.items() <= tags.items()
    assert {f"version.{name}" for name in ("python", "keras", "numpy", "tensorflow")} <= set(tags)
    assert not [name for name in tags if "git" in name]


def test_tags_hold_the_state_of_git():
    tags = identity.tags("toy", "k", images(), Git("abc", "main", dirty=True, patch=b""))
    assert {name: tags[name] for name in tags if "git" in name} == {
        "git.commit": "abc",
        "git.branch": "main",
        "git.dirty": "true",
        "mlflow.source.git.commit": "abc",
    }


def test_tags_hold_stage_and_experiment_of_dvc(monkeypatch):
    monkeypatch.setenv("DVC_STAGE", "train@toy")
    monkeypatch.setenv("DVC_EXP_NAME", "odd-name")
    tags = identity.tags("toy", "k", images(), None)
    assert (tags["stage"], tags["dvc.exp_name"]) == ("train@toy", "odd-name")
