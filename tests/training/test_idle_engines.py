"""Trainings that share a compiled program have the bits of a training alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline import experiment
from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError
from pipeline.models.fingerprint import fingerprint
from pipeline.training import fitting, idle_engines
from pipeline.training.engines.compiled import CompiledEngine
from pipeline.training.loop import NoStopRequest
from tests.support import pinned_threads as pinned  # noqa: F401 - before TensorFlow's first operation
from tests.support.toy import config_of

PAIRS = ("data=pairs", "optimizer=adamw", "training.xla=true", "model.dropout=0.3")
GRAPH = ("data=pairs", "optimizer=adamw", "training.xla=false")  # it compiles faster
WEIGHTS = ("training.class_weight=balanced", "optimizer.ema_momentum=0.9")
SCALED = ("training.precision=mixed_float16", *GRAPH)
NOISE = (
    "data=pairs",
    "model=layers",
    "training.xla=true",
    "model.layers=[{class_name: GaussianNoise, stddev: 0.5}, {class_name: BatchNormalization}, "
    "{class_name: GaussianDropout, rate: 0.2}]",
)
LESS_NOISE = (*NOISE[:-1], NOISE[-1].replace("0.5", "0.1").replace("0.2", "0.4"))
IMAGES = (
    *("data=shapes", "model=cnn", "model.filters=[2]", "model.units=[3]"),
    "model.augmentation=[{class_name: RandomFlip}, {class_name: RandomBrightness, factor: 0.2}]",
)
# Two trainings of one program: settings of both, of the first, and of the second.
PAIRS_OF_TRAININGS = {
    "values": (
        PAIRS,
        (
            *("optimizer.learning_rate=0.1", "optimizer.weight_decay=0.5", "model.dropout=0.1"),
            *("training.reduce_on_plateau.patience=1", "training.epochs=4"),
        ),
        (
            *("optimizer.weight_decay=0", "model.dropout=0.6", "seed=2", "training.epochs=3"),
            "training.early_stopping={patience: 1}",
        ),
    ),
    "schedule": (
        (*GRAPH, "optimizer.schedule=cosine", "optimizer.warmup_steps=2", *WEIGHTS),
        ("optimizer.final_share=0.1", "training.epochs=4", "optimizer.learning_rate=0.5"),
        ("optimizer.warmup_steps=3", "training.class_weight={above: 3}"),
    ),
    "scaled loss": (SCALED, ("optimizer.learning_rate=0.1",), ("seed=2",)),
    "images": (IMAGES, ("seed=1",), ("seed=2", "optimizer.learning_rate=0.1")),
    "noise": ((), NOISE, LESS_NOISE),
    "ensemble": (("data=prices", "model=tabular", "model.units=[4]"), ("seed=1",), ("seed=2",)),
}
# The second training needs another program.
OTHERS = {
    "units": "model.units=[7]",
    "activation": "model.activation=tanh",
    "no dropout": "model.dropout=0",
    "batch": "training.batch_size=9",
    "beta": "optimizer.beta_1=0.8",
    "clipping": "optimizer.clipnorm=1.0",
    "decay of biases": "optimizer.decay_biases=true",
    "schedule": "optimizer.schedule=cosine",
    "optimizer": "optimizer=adam",
    "graph": "training.xla=false",
    "precision": "training.precision=mixed_bfloat16",
    "smoothing": "training.label_smoothing=0.1",
    "reduction": "training.loss_reduction=sum",
}


@pytest.fixture(autouse=True)
def folder(in_repository, monkeypatch):
    monkeypatch.setattr(idle_engines, "_IDLE", {})
    return in_repository


@dataclass(frozen=True)
class Trained:
    engine: Any
    start: str
    end: str
    config: Any


def trained(config: ExperimentConfig) -> Trained:
    folder = Path("data/prepared") / config.data.name
    fit = fitting.build(config, load_meta(folder), folder)
    start = fingerprint(fit.engine.variables)
    fit.run(listeners=[], checkpoints=None, interruption=NoStopRequest())
    end, network = fingerprint(fit.engine.variables), fit.engine.network.get_config()
    return Trained(fit.engine, start, end, network)


@pytest.mark.parametrize(
    ("both", "first", "second"), PAIRS_OF_TRAININGS.values(), ids=PAIRS_OF_TRAININGS
)
def test_second_training_of_a_program_has_the_bits_of_one_alone(folder, both, first, second):
    alone = trained(config_of(folder, *both, *second))
    one = trained(config_of(folder, *both, *first))
    one.engine.rest()
    after = trained(config_of(folder, *both, *second))
    assert after.engine is one.engine
    assert (after.start, after.end, after.config) == (alone.start, alone.end, alone.config)
    assert one.end != after.end


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_change_of_a_constant_needs_another_program(folder, change):
    assert program(folder, change) != unchanged_program(folder)


_UNCHANGED: list[str | None] = []


def unchanged_program(folder: Path) -> str | None:
    if not _UNCHANGED:
        _UNCHANGED.append(program(folder))
    return _UNCHANGED[0]


def program(folder: Path, *changes: str) -> str | None:
    loss = ("training.loss=binary_crossentropy", "training.batch_size=12")
    return fit(config_of(folder, *PAIRS, *loss, *changes)).engine.task.program


def test_weight_decay_needs_another_program_than_none(folder):
    one = fit(config_of(folder, "data=pairs", "optimizer=adam"))
    one.rest()
    decayed = config_of(folder, "data=pairs", "optimizer=adam", "optimizer.weight_decay=0.1")
    assert fit(decayed).engine is not one.engine


def fit(config: ExperimentConfig) -> fitting.Fit:
    folder = Path("data/prepared") / config.data.name
    return fitting.build(config, load_meta(folder), folder)


def test_engine_in_use_is_not_shared(folder):
    config = config_of(folder, *PAIRS)
    assert fit(config).engine is not fit(config).engine


def test_oldest_idle_engine_makes_room(folder):
    configs = [config_of(folder, "data=pairs", f"model.units=[{units}]") for units in range(1, 6)]
    engines = [fit(config).engine for config in configs]
    for engine in engines:
        engine.rest()
    again = [fit(config).engine for config in configs]
    assert [new is old for new, old in zip(again, engines, strict=True)] == [False, *[True] * 4]


def test_large_engine_is_not_kept(folder, monkeypatch):
    monkeypatch.setattr(idle_engines, "_MOST_BYTES", 100)
    config = config_of(folder, *PAIRS)
    one = fit(config)
    one.rest()
    assert fit(config).engine is not one.engine


def test_engine_of_own_code_is_not_kept(folder):
    Path("nets.py").write_text(
        "import keras\n\n\ndef net(shape, outputs):\n"
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs)])\n",
        encoding="utf-8",
    )
    config = config_of(folder, "data=pairs", "model=python", "model.build=nets.py:net")
    assert fit(config).engine.task.program is None


def test_finished_run_leaves_its_engine(folder):
    experiment.run(config_of(folder, *GRAPH))
    (engine,) = idle_engines._IDLE.values()
    assert isinstance(engine, CompiledEngine)


def test_diverged_run_leaves_its_engine(folder):
    diverging = ("optimizer=sgd", "optimizer.learning_rate=1e30", "optimizer.clipnorm=null")
    with pytest.raises(PipelineError, match="diverged"):
        experiment.run(config_of(folder, "data=prices", *GRAPH[2:], *diverging))
    assert len(idle_engines._IDLE) == 1


def test_engine_of_another_error_is_not_kept(folder, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(CompiledEngine, "predict", fail)
    with pytest.raises(MemoryError):
        experiment.run(config_of(folder, *GRAPH))
    assert idle_engines._IDLE == {}


def test_run_with_callbacks_keeps_its_engine(folder):
    import keras

    experiment.run(config_of(folder, *GRAPH), callbacks=[keras.callbacks.Callback()])
    assert idle_engines._IDLE == {}


def test_result_of_a_run_does_not_depend_on_an_earlier_one(folder):
    settings = (*GRAPH, "model.dropout=0.3")
    alone = experiment.run(config_of(folder, *settings, "seed=7"), output=folder / "alone")
    idle_engines._IDLE.clear()
    experiment.run(config_of(folder, *settings, "seed=6"))
    after = experiment.run(config_of(folder, *settings, "seed=7"), output=folder / "after")
    assert after.fingerprint == alone.fingerprint
    weights = [network_of(folder / name) for name in ("alone", "after")]
    assert weights[0] == weights[1]


def network_of(output: Path) -> tuple[list[bytes], Any]:
    import keras

    model = keras.saving.load_model(output / "model.keras")
    return [value.tobytes() for value in model.get_weights()], model.get_config()
