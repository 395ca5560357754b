"""The environment of this process: facts that can change a training and are not settings.

Variables, Keras's own settings, GPUs and versions belong to the run key. The kind of CPU does not,
but checkpoints and results record it.
"""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import gpus
from pipeline.errors import PipelineError
from pipeline.redaction import is_secret

LIBRARIES = ("keras", "numpy", "scikit-learn", "tensorflow")

_PREFIXES = ("DNNL_", "KERAS_", "ONEDNN_", "TF_", "XLA_")
_NAMES = ("NVIDIA_TF32_OVERRIDE",)
# These say where files are, what is logged, or how memory is reserved. The settings in Keras's home
# are recorded themselves, and its backend must be TensorFlow.
_WITHOUT_EFFECT = (
    "KERAS_BACKEND",
    "KERAS_HOME",
    "TF_CONFIG",
    "TF_CPP_",
    "TF_FORCE_GPU_ALLOW_GROWTH",
)
# Terraform's variables begin with TF_ too. Some hold tokens.
_OF_TERRAFORM = (
    "TF_CLI_",
    "TF_DATA_DIR",
    "TF_IGNORE",
    "TF_INPUT",
    "TF_IN_AUTOMATION",
    "TF_LOG",
    "TF_PLUGIN_CACHE_",
    "TF_REATTACH_PROVIDERS",
    "TF_REGISTRY_",
    "TF_STATE_PERSIST_INTERVAL",
    "TF_TOKEN_",
    "TF_VAR_",
    "TF_WORKSPACE",
)
_KERAS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


@dataclass(frozen=True)
class Cpu:
    """A kind of CPU. Two kinds may round differently.

    Args:
        model: the name that its maker gave it.
        instructions: the instruction sets that NumPy can use.
    """

    model: str
    instructions: str

    def __str__(self) -> str:
        return f"{self.model} ({self.instructions})"


def settings() -> dict[str, Any]:
    """Everything in the environment that can change the bits of a training, except the CPU."""
    own = {"variables": _variables(), "keras": _keras_settings()}
    return own | ({"gpus": devices} if (devices := gpus.facts()) else {})


def versions() -> dict[str, str]:
    """The versions of Python and of the libraries that train."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


@cache
def cpu() -> Cpu:
    """The kind of CPU of this machine."""
    extensions = np.show_config(mode="dicts")["SIMD Extensions"]
    used = [platform.machine(), *extensions["baseline"], *extensions.get("found", [])]
    return Cpu(_cpu_model(), " ".join(used))


def require_supported() -> None:
    """Checks Keras's backend and data format, without loading Keras.

    Raises:
        PipelineError: they are not TensorFlow and `channels_last`.
    """
    file = _keras_file()
    stored = _stored(file)
    backend = os.environ.get("KERAS_BACKEND") or stored.get("backend", "tensorflow")
    if backend != "tensorflow":
        where = "KERAS_BACKEND" if os.environ.get("KERAS_BACKEND") else str(file)
        raise PipelineError(
            f"{where}: Keras's backend must be tensorflow",
            received=backend,
            expected="Set it to tensorflow, or remove it",
        )
    data_format = stored.get("image_data_format", "channels_last")
    if data_format != "channels_last":
        raise PipelineError(
            f"{file}: image_data_format must be channels_last",
            received=data_format,
            expected="Set it to channels_last, or set KERAS_HOME to a folder of its own",
        )


def is_setting(variable: str) -> bool:
    """Whether a variable of this name can change the bits of a training."""
    without = (*_WITHOUT_EFFECT, *_OF_TERRAFORM)
    is_of_a_library = variable.startswith(_PREFIXES) or variable in _NAMES
    return is_of_a_library and not (variable.startswith(without) or is_secret(variable))


def _variables() -> dict[str, str]:
    return {name: value for name, value in sorted(os.environ.items()) if is_setting(name)}


def _keras_settings() -> dict[str, Any]:
    """The settings that Keras uses, or would use if it is not loaded yet."""
    if "keras" in sys.modules:
        config = sys.modules["keras"].config
        own = {name: getattr(config, name)() for name in _KERAS}
        return own | {"dtype_policy": config.dtype_policy().name}
    stored = _stored(_keras_file())
    own = {name: stored.get(name, default) for name, default in _KERAS.items()}
    return own | {"dtype_policy": own["floatx"]}


def _keras_file() -> Path:
    """The file that Keras reads its settings from, as `keras/src/backend/config.py` finds it."""
    home = os.environ.get("KERAS_HOME")
    if home is not None:
        return Path(home, "keras.json").expanduser()
    user = Path.home()
    return (user if os.access(user, os.W_OK) else Path("/tmp")) / ".keras" / "keras.json"


def _stored(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # Keras ignores a file that it cannot read
        return {}
    return values if isinstance(values, dict) else {}


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:  # not Linux
        return _cpu_model_of_macos() or platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _cpu_model_of_macos() -> str:
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
