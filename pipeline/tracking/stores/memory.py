"""Records in memory, for tests and quick trials. They do not last."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from pipeline.data.prepared import Meta
from pipeline.tracking.tracker import Measurement, RunFacts, RunStatus, ending


@dataclass
class MemoryTracker:
    """A record in memory. Tests read its attributes."""

    facts: RunFacts | None = None
    run_id: str = field(default_factory=lambda: uuid4().hex)
    metrics: dict[str, dict[int, float]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    data_sets: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    models: list[int] = field(default_factory=list)
    status: RunStatus = "RUNNING"

    def log_metrics(self, measurements: Sequence[Measurement]) -> None:
        for measurement in measurements:
            for name, value in measurement.values.items():
                self.metrics.setdefault(name, {}).setdefault(measurement.step, value)

    def replace_metrics(self, measurements: Sequence[Measurement]) -> None:
        for measurement in measurements:
            for name, value in measurement.values.items():
                self.metrics.setdefault(name, {})[measurement.step] = value

    def tag(self, name: str) -> str | None:
        return self.tags.get(name)

    def set_tag(self, name: str, value: str) -> None:
        self.tags[name] = value

    def write_note(self) -> None:
        """Does nothing: nobody sees the record."""

    def log_data_set(self, meta: Meta, split: str, folder: Path) -> None:  # noqa: ARG002 - of Tracker
        name = f"{meta.name}/{split}"
        if name not in self.data_sets:
            self.data_sets.append(name)

    def log_file(self, path: Path, *, folder: str = "") -> None:
        self.files.append(f"{folder}/{path.name}".lstrip("/"))

    def log_json(self, path: str, value: Any) -> None:  # noqa: ARG002 - of Tracker
        self.files.append(path)

    def log_facts(self, facts: RunFacts) -> None:
        self.facts = facts

    def has_model(self, step: int) -> bool:  # noqa: ARG002 - it keeps no files that can be lost
        return True

    def log_model(self, result: Path, *, step: int) -> None:  # noqa: ARG002 - of Tracker
        if step not in self.models:
            self.models.append(step)

    def end(self, status: RunStatus) -> None:
        self.status = status


class MemoryStore:
    """Opens a new record each time, and holds none of them."""

    lasting = False

    @contextmanager
    def open_run(
        self,
        facts: RunFacts,
        *,
        run_id: str | None = None,  # noqa: ARG002 - no earlier record is left
        new: bool = False,  # noqa: ARG002 - every record is new
    ) -> Iterator[MemoryTracker]:
        tracker = MemoryTracker(facts)
        with ending(tracker):
            yield tracker

    @contextmanager
    def open_parent(
        self,
        kind: str,  # noqa: ARG002 - of Store
        experiment: str,  # noqa: ARG002
        identifier: str,  # noqa: ARG002
        params: Mapping[str, str],  # noqa: ARG002
    ) -> Iterator[MemoryTracker]:
        tracker = MemoryTracker()
        with ending(tracker):
            yield tracker

    def attach(self, run_id: str) -> MemoryTracker:
        """Returns an empty record: the one of the run is gone with its process."""
        return MemoryTracker(run_id=run_id)

    def write_page(self, experiment: str) -> None:
        """Does nothing: there is no page."""

    def missing(self, run_ids: Iterable[str]) -> set[str]:
        return set(run_ids)

    def is_complete(self, run_id: str, *, model_step: int | None) -> bool:  # noqa: ARG002
        return False


STORE = MemoryStore()
