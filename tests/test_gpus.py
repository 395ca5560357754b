"""GPUs of the identity, with a program in the place of NVIDIA's."""

import os

import pytest

from pipeline import environment, gpus
from pipeline.errors import PipelineError
from pipeline.models import backend
from pipeline.training import process

H100, T4 = "NVIDIA H100 80GB HBM3, 550.54.15", "Tesla T4, 550.54.15"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Makes this a machine with some GPUs, as `nvidia-smi` lists them."""

    def with_gpus(*lines: str, code: int = 0, cuda: bool = True) -> None:
        program = tmp_path / "nvidia-smi"
        listed = "\n".join(lines)
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{listed}\nEND\nexit {code}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        monkeypatch.setattr(gpus, "_has_cuda", lambda: cuda)

    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    gpus._listed.cache_clear()
    yield with_gpus
    gpus._listed.cache_clear()


def test_models_and_driver_belong_to_the_identity(machine):
    machine(H100, H100)
    found = {"models": ["NVIDIA H100 80GB HBM3"], "driver": "550.54.15"}
    assert environment.settings()["gpus"] == found


def test_machine_without_a_gpu_keeps_its_identity():
    assert "gpus" not in environment.settings()


@pytest.mark.parametrize("hidden", ["", "-1", " -1,0"])
def test_hidden_gpus_do_not_count(machine, monkeypatch, hidden):
    machine(H100)
    monkeypatch.setenv(gpus.VISIBLE, hidden)
    assert gpus.facts() == {}


def test_order_of_different_models_counts(machine, monkeypatch):
    machine(H100, T4)
    monkeypatch.setenv(gpus.VISIBLE, "1,0")
    assert gpus.facts()["models"] == ["NVIDIA H100 80GB HBM3", "Tesla T4"]
    assert gpus.facts()["visible"] == "1,0"


def test_order_of_equal_models_does_not_count(machine, monkeypatch):
    machine(H100, H100)
    monkeypatch.setenv(gpus.VISIBLE, "1,0")
    assert "visible" not in gpus.facts()


@pytest.mark.parametrize("how", [{"code": 9}, {"cuda": False}])
def test_gpu_that_tensorflow_cannot_use_does_not_count(machine, how):
    machine("No devices were found" if "code" in how else H100, **how)
    assert gpus.facts() == {}


def test_gpu_that_tensorflow_does_not_use_is_refused(machine):
    machine(H100)
    with pytest.raises(PipelineError) as caught:
        process.pin(threads=2)
    assert str(caught.value) == (
        "TensorFlow and the driver of the GPUs disagree, so the run key would be wrong. Received: "
        "0 GPUs of TensorFlow, and of the driver NVIDIA H100 80GB HBM3. Install the extra gpu "
        "(docs/engine.md), or set CUDA_VISIBLE_DEVICES=-1 to train on the CPU."
    )


def test_memory_of_a_gpu_is_taken_as_needed_and_is_no_setting(monkeypatch):
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH", raising=False)
    backend.load()
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert "TF_FORCE_GPU_ALLOW_GROWTH" not in environment.settings()["variables"]
