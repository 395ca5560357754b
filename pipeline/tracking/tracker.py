"""The record of one run: what can be logged to it, and how it ends."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from pipeline.data.prepared import Meta
from pipeline.errors import StoreError

RunStatus = Literal["RUNNING", "FINISHED", "FAILED", "KILLED", "SCHEDULED"]


@dataclass(frozen=True)
class RunFacts:
    """The facts that are fixed when a run begins.

    Args:
        name: the name of the experiment.
        settings: the resolved configuration.
        patch: the difference between the work tree and the commit, for `git apply`.
        lineage: what the run is made from; empty if that is not known any more.
        files: texts to store by name, such as the notebook that trains the run.
        system_metrics: whether to log the load of the machine while the record is open.
    """

    name: str
    settings: dict[str, Any]
    tags: dict[str, str]
    meta: Meta
    data_folder: Path
    patch: bytes = b""
    lineage: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    system_metrics: bool = False


@dataclass(frozen=True)
class Measurement:
    """Metrics at one optimizer step; `timestamp` is in milliseconds since 1970."""

    step: int
    timestamp: int
    values: Mapping[str, float]


class Tracker(Protocol):
    """The open record of one run."""

    run_id: str
    status: RunStatus

    def log_metrics(self, measurements: Sequence[Measurement]) -> None:
        """Logs measurements. Skips a name and step that the record already holds."""
        ...

    def replace_metrics(self, measurements: Sequence[Measurement]) -> None:
        """Logs measurements in place of other values of the same name and step.

        The record then shows the values of the last of these steps, even if it holds later ones. It
        skips a value that it shows already.
        """
        ...

    def tag(self, name: str) -> str | None:
        """Returns the value of a tag; None without one."""
        ...

    def set_tag(self, name: str, value: str) -> None:
        """Sets a tag. Use it for facts that are not fixed when the run begins."""
        ...

    def write_note(self) -> None:
        """Renews the description of the record, in words, from what it holds."""
        ...

    def log_data_set(self, meta: Meta, split: str, folder: Path) -> None:
        """Lists one split among the data sets of the run, once."""
        ...

    def log_file(self, path: Path, *, folder: str = "") -> None:
        """Stores a copy of a file."""
        ...

    def log_json(self, path: str, value: Any) -> None:
        """Stores a JSON file under a path of the record."""
        ...

    def log_facts(self, facts: RunFacts) -> None:
        """Logs the facts that the record does not hold, or no longer holds."""
        ...

    def has_model(self, step: int) -> bool:
        """Whether the record holds the served model of a step, with its files."""
        ...

    def log_model(self, result: Path, *, step: int) -> None:
        """Stores the model of a step with its signature and requirements, once.

        Args:
            result: the folder of `pipeline.runs.result`.
        """
        ...

    def end(self, status: RunStatus) -> None:
        """Ends the record now."""
        ...


@contextmanager
def ending(tracker: Tracker) -> Iterator[None]:
    """Ends a record when its block ends, unless the block has ended it itself.

    The status is FINISHED, FAILED after an exception, or KILLED after a signal or an exit code. If
    the store itself failed, it cannot take the end. The next process that opens it closes the run.
    """
    status: RunStatus | None = "FAILED"
    try:
        yield
        status = "FINISHED"
    except StoreError:
        status = None
        raise
    except SystemExit as error:
        status = "KILLED" if error.code else "FINISHED"
        raise
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        if tracker.status == "RUNNING" and status is not None:
            tracker.end(status)
