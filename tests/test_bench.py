"""`python -m pipeline.bench`: its processes, its table and its advice."""

import json

import pytest

from pipeline import bench
from pipeline.benchmarking import measuring
from pipeline.benchmarking.measuring import Speed
from tests.support.refusals import refusal

SHORT = ["pairs", "training.xla=false", "training.epochs=2", "tracking=memory"]


@pytest.fixture
def quick(with_warm_commands, monkeypatch):
    """Two of the ways, and short turns."""
    monkeypatch.setattr(measuring, "TURNS", 1)
    monkeypatch.setattr(measuring, "_SECONDS", 0.05)
    ways = {name: measuring.WAYS[name] for name in (measuring.PLAIN, "float32")}
    monkeypatch.setattr(measuring, "WAYS", ways)
    return ways


def test_each_way_is_measured_in_a_process(quick, call, capsys):
    call(bench, *SHORT)
    out, err = capsys.readouterr()
    measured = json.loads(out)
    assert (measured["experiment"], measured["batch_size"]) == ("pairs", 12)
    assert list(measured["ways"]) == list(quick)
    assert all(way["rate"] > 0 for way in measured["ways"].values())
    assert "against plain fit" in err


def test_way_that_the_network_does_not_allow_is_left_out(quick, call, capsys):
    quick["mixed_bfloat16"] = ("engine", "float99")
    call(bench, *SHORT)
    out, err = capsys.readouterr()
    assert list(json.loads(out)["ways"]) == [measuring.PLAIN, "float32"]
    assert "mixed_bfloat16 is left out: " in err
    assert "float99" in err


def test_error_of_a_process_is_that_of_the_command(quick, call):
    quick["float32"] = ("engine", "float32")
    error = refusal(call, bench, *SHORT, "model.augment=[{kind: RandomFlip}]")
    assert "model.augment" in error


def test_experiment_is_needed(call):
    assert refusal(call, bench).startswith("this command takes an experiment. Received: nothing.")


@pytest.mark.parametrize(
    ("mixed", "words"),
    [
        (390.0, "cnn trains 2.0 times as fast as plain fit, and 3.9 times as fast again with "
         "training.precision=mixed_bfloat16"),
        (105.0, "cnn trains 2.0 times as fast as plain fit. mixed_bfloat16 gains nothing here"),
        (None, "cnn trains 2.0 times as fast as plain fit"),
    ],
)  # fmt: skip
def test_advice_follows_from_the_speeds(mixed, words):
    speeds = {"plain fit": Speed("", 50.0), "float32": Speed("", 100.0)}
    if mixed is not None:
        speeds["mixed_bfloat16"] = Speed("", mixed)
    assert bench.advice("cnn", speeds) == words
