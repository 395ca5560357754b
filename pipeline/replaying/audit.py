"""A spot audit: some stretches of a run, chosen at random, are trained again."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import SystemRandom
from typing import Any

from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.files import write_sealed, write_text
from pipeline.replaying.asking import ask, differing
from pipeline.replaying.messages import Request
from pipeline.reproducing.original import Original
from pipeline.reproducing.setting_up import Options
from pipeline.runs.folder import kept_steps

JSON, MARKDOWN = "audit.json", "audit.md"
_ALTERED = (1, 2, 5)  # numbers of stretches; the audit states the chance to pass for each


@dataclass(frozen=True)
class AuditedStretch:
    """A stretch that was trained again.

    Args:
        differing: the figures and variables that are not those of the run, in words.
    """

    start: int
    stop: int
    differing: list[str]


@dataclass(frozen=True)
class Audit:
    """The result of an audit.

    Args:
        total: how many stretches the run has.
        stretches: those that were trained again.
        faults: the parts of the record that were changed after the run.
    """

    run_id: str
    experiment: str
    total: int
    stretches: Sequence[AuditedStretch]
    faults: Sequence[str]
    time: str

    @property
    def passed(self) -> bool:
        """Whether there is no difference."""
        return not self.faults and not any(stretch.differing for stretch in self.stretches)

    @property
    def verdict(self) -> str:
        result = "no difference" if self.passed else "different"
        return f"{result} in {len(self.stretches)} of {self.total} stretches"

    def chance(self, altered: int) -> float:
        """The chance that a run with this many altered stretches passes.

        The stretches are a random sample without replacement, so it is hypergeometric:
        C(n - m, k) / C(n, k) for n stretches, m of them altered, and k audited.
        """
        audited = len(self.stretches)
        return math.comb(self.total - altered, audited) / math.comb(self.total, audited)

    def write(self, folder: Path) -> list[Path]:
        """Writes the audit as JSON and as Markdown."""
        folder.mkdir(parents=True, exist_ok=True)
        write_sealed(folder / JSON, self.as_json())
        write_text(folder / MARKDOWN, self.as_markdown())
        return [folder / JSON, folder / MARKDOWN]

    def as_json(self) -> dict[str, Any]:
        """All fields as plain values, and the chances to pass."""
        chances = {str(altered): self.chance(altered) for altered in self._altered()}
        return {"verdict": self.verdict, **asdict(self), "chance_to_pass": chances}

    def as_markdown(self) -> str:
        """The audit for people."""
        lines = [
            f"# Audit of {self.experiment}: {self.verdict}",
            "",
            f"Run `{self.run_id}`. The stretches lie between kept checkpoints. They were chosen at "
            f"random and trained again on {self.time}: figures of the history, all variables and "
            "the state of the optimizer were compared to the bit.",
            "",
            "| from step | to step | found |",
            "|--:|--:|---|",
            *(
                f"| {stretch.start:,} | {stretch.stop:,} | "
                f"{'; '.join(stretch.differing[:3]) or 'the same'} |"
                for stretch in self.stretches
            ),
            "",
            "| stretches that someone altered | chance to pass this audit |",
            "|--:|--:|",
            *(f"| {altered} | {self.chance(altered):.1%} |" for altered in self._altered()),
            "",
        ]
        return "\n".join([*lines, *(f"- {fault}" for fault in self.faults)])

    def _altered(self) -> list[int]:
        return [altered for altered in _ALTERED if altered <= self.total]


def audit(original: Original, slices: int, options: Options) -> Audit:
    """Trains some stretches of a run again.

    Args:
        slices: how many. If the run has fewer, all of them.

    Raises:
        PipelineError: the run kept no checkpoints, or this project cannot make it again.
    """
    last = original.last_step
    steps = [step for step in kept_steps(original.folder) if step < last]
    if not steps:
        raise PipelineError(
            "the run kept no checkpoints, so it has no stretches to audit",
            received=original.run_id,
            expected="Train with checkpoint.keep_every=<epochs>, or make the whole run again",
        )
    stretches = list(pairwise([0, *steps, last]))
    chosen = SystemRandom().sample(stretches, min(slices, len(stretches)))
    log(f"{original.name}: trains {len(chosen)} of {len(stretches)} stretches again")
    request = Request(
        experiment=original.name,
        run_id=original.run_id,
        identity=dict(original.identity),
        kept=str(original.folder),
        stretches=sorted(chosen),
    )
    replayed = ask(original, request, options)
    return Audit(
        run_id=original.run_id,
        experiment=original.name,
        total=len(stretches),
        stretches=[
            AuditedStretch(stretch.start, stretch.stop, differing(original, stretch))
            for stretch in replayed
        ],
        faults=original.faults,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
    )
