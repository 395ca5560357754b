"""Saves the served model at the steps of `training.evaluate_at`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.data.prepared import Meta
from pipeline.models import serving
from pipeline.runs import result
from pipeline.runs.model_card import ModelCard
from pipeline.training.listener import Listener


class Snapshots(Listener):
    """Writes the snapshots of one run below `folder`.

    Args:
        card: makes the card of the model of a step.
    """

    def __init__(
        self, network: Any, meta: Meta, folder: Path, card: Callable[[int], ModelCard]
    ) -> None:
        self._network, self._meta, self._folder, self._card = network, meta, folder, card

    def on_snapshot(self, step: int) -> None:
        model = serving.serve(self._network, self._meta)
        result.save_model(model, result.snapshot_file(self._folder, step), self._card(step))
