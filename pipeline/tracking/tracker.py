"""What a run's record takes, with a twin that keeps it in memory."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from pipeline.data.prepared import Meta


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run when it begins: `name` is its experiment, `settings` the resolved configuration."""

    name: str
    settings: dict[str, Any]
    tags: dict[str, str]
    meta: Meta
    data_folder: Path
    patch: str = ""


@dataclass(frozen=True)
class Measurement:
    """What was measured at one step: `step` counts optimizer steps, `timestamp` Unix milliseconds."""

    step: int
    timestamp: int
    values: Mapping[str, float]


class Tracker(Protocol):
    """The open record of one run."""

    run_id: str

    def log_metrics(self, measurements: Sequence[Measurement]) -> None:
        """Logs measurements; a name and step that the record already holds is not logged again."""
        ...

    def set_tag(self, name: str, value: str) -> None:
        """Adds a fact that is known only at the end."""
        ...

    def log_file(self, path: Path, *, folder: str = "") -> None:
        """Keeps a copy of a file."""
        ...

    def log_model(self, model: Any, meta: Meta, *, step: int) -> None:
        """Keeps the served model of a step with its signature and requirements, once."""
        ...


class OpenRun(Protocol):
    """Opens a run, and closes it FINISHED, FAILED, KILLED or SCHEDULED, as its block ends."""

    def __call__(
        self, facts: RunFacts, *, run_id: str | None = None, anew: bool = False
    ) -> AbstractContextManager[Tracker]:
        """Goes on with the record of an earlier process, or begins one.

        1. `anew`: a new run.
        2. `run_id`, the run that a checkpoint belongs to: that run, or a new one where the store has lost it.
        3. Otherwise the newest run of this experiment and `run_key` that is not FINISHED, or a new one.
        """
        ...


@dataclass
class MemoryTracker:
    """A record that is gone with the process: for tests, and for `tracking=memory`."""

    facts: RunFacts | None = None
    run_id: str = field(default_factory=lambda: uuid4().hex)
    metrics: dict[str, dict[int, float]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    models: list[int] = field(default_factory=list)
    status: str = "RUNNING"

    def log_metrics(self, measurements: Sequence[Measurement]) -> None:
        for measured in measurements:
            for name, value in measured.values.items():
                self.metrics.setdefault(name, {}).setdefault(measured.step, value)

    def set_tag(self, name: str, value: str) -> None:
        self.tags[name] = value

    def log_file(self, path: Path, *, folder: str = "") -> None:
        self.files.append(f"{folder}/{path.name}".lstrip("/"))

    def log_model(self, model: Any, meta: Meta, *, step: int) -> None:  # noqa: ARG002 - the protocol's signature
        if step not in self.models:
            self.models.append(step)


@contextmanager
def open_in_memory(
    facts: RunFacts,
    *,
    run_id: str | None = None,  # noqa: ARG001 - no record in memory outlives its process
    anew: bool = False,  # noqa: ARG001
) -> Iterator[MemoryTracker]:
    """Opens a new `MemoryTracker`."""
    tracker = MemoryTracker(facts)
    with ending(tracker.__setattr__):
        yield tracker


class Paused(Exception):  # noqa: N818 - it is no error
    """The end of a block whose run goes on later; `reached` is what it has come to."""

    def __init__(self, reached: Any) -> None:
        self.reached = reached
        super().__init__("paused")


@contextmanager
def ending(set_attribute: Any) -> Iterator[None]:
    """Sets `status` by the way the block ends.

    FINISHED, FAILED by an exception, KILLED by a signal or an exit code, SCHEDULED where the run is `Paused`.
    """
    try:
        yield
    except SystemExit as end:
        set_attribute("status", "KILLED" if end.code else "FINISHED")
        raise
    except KeyboardInterrupt:
        set_attribute("status", "KILLED")
        raise
    except Paused:
        set_attribute("status", "SCHEDULED")
        raise
    except BaseException:
        set_attribute("status", "FAILED")
        raise
    set_attribute("status", "FINISHED")
