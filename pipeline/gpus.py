"""The GPUs that TensorFlow can use, without loading TensorFlow."""

import os
import shutil
import subprocess
from ctypes.util import find_library
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

VISIBLE = "CUDA_VISIBLE_DEVICES"  # CUDA's own variable; -1 hides all
_CUDA = "nvidia-cuda-runtime-cu12"  # a package of tensorflow[and-cuda]
_QUERY = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")


def facts() -> dict[str, Any]:
    """What can change the bits of a training on this machine's NVIDIA GPUs: models and driver.

    A training uses the first visible GPU. If the machine has several models, the variable that
    orders them counts as well.

    Returns:
        An empty dictionary without a driver or CUDA's libraries, or if all GPUs are hidden.
    """
    visible = os.environ.get(VISIBLE)
    if visible is not None and (not visible.strip() or visible.strip().startswith("-")):
        return {}
    listed = _listed()
    if not listed:
        return {}
    models = sorted({model for model, _ in listed})
    order = {"visible": visible} if len(models) > 1 and visible is not None else {}
    return {"models": models, "driver": listed[0][1], **order}


@cache
def _listed() -> list[tuple[str, str]]:
    """The model and driver of each GPU."""
    if shutil.which(_QUERY[0]) is None or not _has_cuda():
        return []
    answer = subprocess.run(_QUERY, capture_output=True, text=True, check=False)
    if answer.returncode != 0:  # there is a driver, and no GPU
        return []
    rows = [line.split(", ") for line in answer.stdout.splitlines()]
    return [(model, driver) for model, driver in rows]


def _has_cuda() -> bool:
    try:
        version(_CUDA)
    except PackageNotFoundError:
        return find_library("cudart") is not None
    return True
