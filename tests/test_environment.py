"""What the environment of a process can change about a training."""

import json
import os
import platform
import subprocess
import sys

import pytest

from pipeline import environment
from pipeline.errors import PipelineError
from tests.support import ROOT


@pytest.fixture
def keras_json(tmp_path, monkeypatch):
    """Writes the file that Keras would read in a fresh process."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    return lambda **values: (tmp_path / "keras.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    "name",
    [
        "TF_ENABLE_ONEDNN_OPTS",
        "TF_XLA_FLAGS",
        "TF_NUM_INTRAOP_THREADS",
        "XLA_FLAGS",
        "ONEDNN_MAX_CPU_ISA",
        "DNNL_MAX_CPU_ISA",
        "KERAS_MAX_EPOCHS",
        "NVIDIA_TF32_OVERRIDE",
    ],
)
def test_variable_that_changes_bits_is_a_setting(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert environment.settings()["variables"][name] == "1"


@pytest.mark.parametrize(
    "name",
    [
        "TF_CPP_MIN_LOG_LEVEL",
        "TF_CPP_VMODULE",
        "TF_CONFIG",
        "TF_TOKEN_app_terraform_io",
        "TF_VAR_password",
        "KERAS_HUB_API_KEY",
        "TF_CLI_CONFIG_FILE",
        "KERAS_HOME",
        "TF2_BEHAVIOR",
        "OMP_NUM_THREADS",
    ],
)
def test_variable_without_effect_is_no_setting(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert name not in environment.settings()["variables"]


def test_keras_settings_are_those_of_its_file(keras_json):
    keras_json(floatx="float64", epsilon=1e-5)
    assert environment.settings()["keras"] == {
        "floatx": "float64",
        "epsilon": 1e-5,
        "image_data_format": "channels_last",
        "dtype_policy": "float64",
    }


@pytest.mark.parametrize("content", ["", "[]", '{"floatx": '])
def test_unreadable_file_of_keras_counts_as_none(keras_json, tmp_path, content):
    keras_json()
    default = environment.settings()["keras"]
    (tmp_path / "keras.json").write_text(content)
    assert environment.settings()["keras"] == default


def test_settings_are_the_same_once_keras_is_loaded(tmp_path):
    (tmp_path / "keras.json").write_text('{"floatx": "float64", "epsilon": 1e-6}')
    program = (
        "from pipeline import environment; before = environment.settings();"
        "from pipeline.models import backend; backend.load();"
        "assert environment.settings() == before, (environment.settings(), before);"
        "import keras; keras.config.set_floatx('float16');"
        "print(before['keras']['floatx'], environment.settings()['keras']['floatx'])"
    )
    variables = {"KERAS_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == ["float64", "float16"]


def test_backend_of_the_environment_must_be_tensorflow(keras_json, monkeypatch):
    keras_json(backend="tensorflow")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(PipelineError) as caught:
        environment.require_supported()
    assert str(caught.value) == (
        "KERAS_BACKEND: Keras's backend must be tensorflow. Received: jax. "
        "Set it to tensorflow, or remove it."
    )


@pytest.mark.parametrize(
    ("name", "value"), [("backend", "torch"), ("image_data_format", "channels_first")]
)
def test_unsupported_setting_of_keras_is_refused(keras_json, tmp_path, name, value):
    keras_json(**{name: value})
    with pytest.raises(PipelineError) as caught:
        environment.require_supported()
    assert str(tmp_path / "keras.json") in str(caught.value)
    assert f"Received: {value}" in str(caught.value)


def test_variable_wins_over_the_file(keras_json, monkeypatch):
    keras_json(backend="torch")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    environment.require_supported()


def test_versions_are_of_python_and_the_libraries():
    assert list(environment.versions()) == [
        "python",
        "keras",
        "numpy",
        "scikit-learn",
        "tensorflow",
    ]


def test_cpu_has_a_model_and_instruction_sets():
    cpu = environment.cpu()
    assert cpu.model
    assert platform.machine() in cpu.instructions.split()
    assert str(cpu) == f"{cpu.model} ({cpu.instructions})"
