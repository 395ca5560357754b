"""Trials in this process: their trainings are real, and TensorFlow is not imported again."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.layout import PREPARED
from pipeline.signals import Interruption
from pipeline.studies import trial_runner
from pipeline.studies.trial import Trial
from pipeline.studies.trial_process import Answer, TrialProcess


class HereProcess(TrialProcess):
    """Trains in this process. The log of a trial stays empty."""

    def start(self) -> None:
        pass

    def run(
        self,
        trial: Trial,
        *,
        tags: Mapping[str, str],
        log: Path,
        prepared: Path = PREPARED,
        **_: int,
    ) -> Answer:
        request = {
            "overrides": trial.arguments,
            "tags": dict(tags),
            "log": str(log),
            "prepared": str(prepared),
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(trial_runner, "_print_to", lambda _log: None)
            return trial_runner.attempt(request, Interruption())
