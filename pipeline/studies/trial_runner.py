"""What the child of `TrialProcess` runs: a trial for each request on stdin, its answer on the descriptor given to it."""

import gc
import importlib
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.config.resolved import compose_experiment
from pipeline.errors import PipelineError, StoreError
from pipeline.signals import Interrupted, Interruption, end_with_parent
from pipeline.studies.trial_process import Cause


def main() -> None:
    """Answers requests until stdin ends, which it does with the parent."""
    parent, answers_to = (int(number) for number in sys.argv[1:])
    end_with_parent(parent)
    signal.signal(
        signal.SIGUSR2, signal.SIG_IGN
    )  # Slurm tells a whole task that its time is nearly up; the parent ends
    interruption = Interruption()
    with interruption.handling(), os.fdopen(answers_to, "w", encoding="utf-8") as answers:
        with suppress(Exception):  # which the first trial meets again, and tells
            _load()
        for request in sys.stdin:
            answer = attempt(json.loads(request), interruption)
            print(json.dumps(answer), file=answers, flush=True)


def attempt(request: dict[str, Any], interruption: Interruption) -> dict[str, Any]:
    """Runs one trial; whatever it raises, but an interruption, becomes the reason why it failed."""
    try:
        _print_to(Path(request["log"]))
        return run(request, interruption)
    except Interrupted:
        raise
    except PipelineError as error:
        return _failed(str(error), Cause.machine if isinstance(error, StoreError) else Cause.trial)
    except SystemExit as end:
        return _failed(f"exit with {end.code}", Cause.trial)
    except Exception as error:  # noqa: BLE001 - a trial may raise anything, and must not end the sweep
        traceback.print_exc()
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return _failed(reason, Cause.machine if _is_of_machine(error) else Cause.trial)


def run(request: dict[str, Any], interruption: Interruption) -> dict[str, Any]:
    """The one way every experiment is run; a process of a killed sweep that trains the same run still is waited for."""
    _load()
    from pipeline import experiment

    config = compose_experiment(request["overrides"])
    result = experiment.run(config, interruption=interruption, tags=request["tags"], wait=True)
    known = {"run_id": result.run_id, "run_key": result.run_key, "fingerprint": result.fingerprint}
    last = result.history[-1]
    length = {"epochs": last.epoch, "seconds": last.seconds, "paused": result.paused}
    return {"status": "FINISHED", "metrics": result.metrics, **known, **length}


@cache
def _load() -> None:
    from pipeline.models import backend

    backend.load()
    importlib.import_module("pipeline.experiment")
    gc.freeze()  # what TensorFlow made stays; Keras collects garbage before each model, and would walk through all of it


def _is_of_machine(error: Exception) -> bool:
    from pipeline.tracking.store import FAULTS

    return isinstance(error, (OSError, *FAULTS))


def _failed(reason: str, cause: Cause) -> dict[str, Any]:
    return {"status": "FAILED", "reason": reason, "cause": cause.value}


def _print_to(log: Path) -> None:
    """Sends standard output and error to a file, also those of libraries in C++."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)


if __name__ == "__main__":
    main()
