"""What the child of a `TrialProcess` runs: a trial for each request on stdin.

The answers go to the descriptor that the command line names.
"""

import gc
import importlib
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.config.experiment_composition import compose_experiment
from pipeline.console import log
from pipeline.errors import PipelineError, StoreError
from pipeline.signals import Interrupted, Interruption, end_with_parent
from pipeline.studies.outcome import Status
from pipeline.studies.trial_process import Answer, Cause


def main() -> None:
    """Answers requests until stdin ends. It ends with the parent."""
    parent, answers_to = (int(number) for number in sys.argv[1:])
    end_with_parent(parent)
    # Slurm sends this signal to a whole task when its time is nearly up. The parent handles it.
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    interruption = Interruption()
    with interruption.handling(), os.fdopen(answers_to, "w", encoding="utf-8") as answers:
        with suppress(Exception):  # the first trial raises it again and reports it
            _load()
        for request in sys.stdin:
            answer = attempt(json.loads(request), interruption)
            answers.write(json.dumps(asdict(answer)) + "\n")
            answers.flush()


def attempt(request: dict[str, Any], interruption: Interruption) -> Answer:
    """Runs one trial. An exception becomes the reason why it failed."""
    try:
        _print_to(Path(request["log"]))
        return run(request, interruption)
    except Interrupted:
        raise
    except PipelineError as error:
        is_store = isinstance(error, StoreError)
        return Answer.failed(str(error), Cause.MACHINE if is_store else Cause.TRIAL)
    except SystemExit as end:
        return Answer.failed(f"exit with {end.code}", Cause.TRIAL)
    except Exception as error:  # noqa: BLE001 - one trial must not end the study
        log(traceback.format_exc().rstrip())
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Answer.failed(reason, Cause.MACHINE if _is_machine_fault(error) else Cause.TRIAL)


def run(request: dict[str, Any], interruption: Interruption) -> Answer:
    """Runs the experiment. Waits if another process trains the same run."""
    _load()
    from pipeline import experiment

    config = compose_experiment(request["overrides"])
    result = experiment.run(
        config,
        prepared=Path(request["prepared"]),
        interruption=interruption,
        tags=request["tags"],
        wait=True,
    )
    last = result.history[-1]
    return Answer(
        status=Status.PAUSED if result.paused else Status.FINISHED,
        run_id=result.run_id,
        fingerprint=result.fingerprint,
        metrics=result.metrics,
        epochs=last.epoch,
        seconds=last.seconds,
    )


@cache
def _load() -> None:
    from pipeline.models import backend

    backend.load()
    importlib.import_module("pipeline.experiment")
    # Keras collects garbage before each model. Freezing skips TensorFlow's permanent objects.
    gc.freeze()


def _is_machine_fault(error: Exception) -> bool:
    from pipeline.tracking.faults import FAULTS

    return isinstance(error, FAULTS)


def _print_to(log: Path) -> None:
    """Redirects stdout and stderr to a file, including output of C++ libraries."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)


if __name__ == "__main__":
    main()
