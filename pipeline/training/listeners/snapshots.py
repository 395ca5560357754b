"""Saves the served model at the steps of `training.evaluate_at`."""

from pathlib import Path
from typing import Any

from pipeline.data.prepared import Meta
from pipeline.models import serving
from pipeline.runs import result
from pipeline.training.listener import Listener


class Snapshots(Listener):
    """Writes the snapshots of one run below `folder`."""

    def __init__(self, network: Any, meta: Meta, folder: Path) -> None:
        self._network, self._meta, self._folder = network, meta, folder

    def on_snapshot(self, step: int) -> None:
        model = serving.serve(self._network, self._meta)
        result.save_model(model, result.snapshot_file(self._folder, step))
