"""What a run's record takes, with a twin that keeps it in memory."""

from collections.abc import Iterator, Mapping
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


class Tracker(Protocol):
    """The open record of one run."""

    run_id: str

    def log_metrics(self, metrics: Mapping[str, float], *, step: int) -> None:
        """Logs values of one moment; `step` counts optimizer steps."""
        ...

    def set_tag(self, name: str, value: str) -> None:
        """Adds a fact that is known only at the end."""
        ...

    def log_file(self, path: Path, *, folder: str = "") -> None:
        """Keeps a copy of a file."""
        ...

    def log_model(self, model: Any, meta: Meta, *, step: int) -> None:
        """Keeps the served model of a step with its signature and requirements."""
        ...


class OpenRun(Protocol):
    """Opens a run, and closes it FINISHED, FAILED or KILLED, as its block ends."""

    def __call__(self, facts: RunFacts) -> AbstractContextManager[Tracker]:
        """Begins the record."""
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

    def log_metrics(self, metrics: Mapping[str, float], *, step: int) -> None:
        for name, value in metrics.items():
            self.metrics.setdefault(name, {})[step] = value

    def set_tag(self, name: str, value: str) -> None:
        self.tags[name] = value

    def log_file(self, path: Path, *, folder: str = "") -> None:
        self.files.append(f"{folder}/{path.name}".lstrip("/"))

    def log_model(self, model: Any, meta: Meta, *, step: int) -> None:  # noqa: ARG002 - the protocol's signature
        self.models.append(step)


@contextmanager
def open_in_memory(facts: RunFacts) -> Iterator[MemoryTracker]:
    """Opens a `MemoryTracker`."""
    tracker = MemoryTracker(facts)
    with ending(tracker.__setattr__):
        yield tracker


@contextmanager
def ending(set_attribute: Any) -> Iterator[None]:
    """Sets `status` by the way the block ends: FINISHED, FAILED by an exception, KILLED by a signal."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        set_attribute("status", "KILLED")
        raise
    except BaseException:
        set_attribute("status", "FAILED")
        raise
    set_attribute("status", "FINISHED")
