"""Measures several ways to train in turn, so a change of the machine's speed affects them all."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any

from pipeline.console import log
from pipeline.errors import PipelineError

WORKER = "pipeline.benchmarking.worker"
PLAIN, TUNED = "plain fit", "tuned fit"
PRECISIONS = ("float32", "mixed_bfloat16")
# By name: the way of `ways.build`, and the precision.
WAYS = {
    PLAIN: ("plain", "float32"),
    TUNED: ("tuned", "float32"),
    **{precision: ("engine", precision) for precision in PRECISIONS},
}
TURNS = 5
_SECONDS = 1.5  # of a turn
_LIMIT = 30.0  # seconds to try settings of `fit`


@dataclass(frozen=True)
class Speed:
    """How fast one way trains.

    Args:
        settings: what was chosen for it; may be empty.
        rate: the median of the turns, in examples per second.
    """

    settings: str
    rate: float


def measure(overrides: Sequence[str]) -> dict[str, Speed]:
    """The speeds of all ways that this machine and the network allow, by name.

    Raises:
        PipelineError: the experiment cannot be trained in float32.
    """
    with ExitStack() as stack:
        workers: dict[str, _Worker] = {}
        for name, (way, precision) in WAYS.items():
            log(f"{name}: prepares")
            words = [way, str(_SECONDS), str(_LIMIT), *overrides, f"training.precision={precision}"]
            worker = stack.enter_context(_worker(words))
            try:
                worker.settings = worker.answer()["settings"]
            except PipelineError as error:
                if precision == PRECISIONS[0]:
                    raise
                log(f"{name} is left out: {error}")
            else:
                workers[name] = worker
        rates: dict[str, list[float]] = {name: [] for name in workers}
        for turn in range(TURNS):
            log(f"turn {turn + 1} of {TURNS}")
            for name, worker in workers.items():
                trained = worker.train()
                rates[name].append(trained["rows"] / trained["seconds"])
    return {
        name: Speed(worker.settings, statistics.median(rates[name]))
        for name, worker in workers.items()
    }


@dataclass
class _Worker:
    """A process that trains in one way.

    Args:
        messages: what it prints on stderr. That is shown only if the process fails.
    """

    process: subprocess.Popen[str]
    messages: IO[str]
    settings: str = ""

    def train(self) -> dict[str, Any]:
        """Trains for one turn."""
        assert self.process.stdin is not None
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """The next line of the process.

        Raises:
            PipelineError: it has ended.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            return dict(json.loads(line))
        self.messages.seek(0)
        last = self.messages.read().rstrip().rpartition("\n")[2]
        raise PipelineError(last.removeprefix("error: ").rstrip(".") or "the process was killed")


@contextmanager
def _worker(words: Sequence[str]) -> Iterator[_Worker]:
    command = [sys.executable, "-m", WORKER, *words]
    pipe = subprocess.PIPE
    with (
        TemporaryFile("w+", encoding="utf-8") as messages,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=messages, text=True) as process,
    ):
        try:
            yield _Worker(process, messages)
        finally:
            process.kill()
