"""Kills processes of real sweeps at random moments, resumes them, and compares the results.

    python -m tests.chaos.sweeps --kills 30 [--seed 1]

The sweeps run on toy data in folders of their own, by joblib's workers. A chain repeats the same
command until it succeeds. Before that, SIGKILL ends the sweep itself, one of its workers, or a
child that trains. No process of a life may be alive 5 seconds after its end. Each sweep is compared
with one that nothing kills: the bits of objectives and fingerprints, the table, the files, and the
runs in MLflow. There must be one parent and each trial once, and none may be RUNNING.
"""

import argparse
import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any

from tests.support import commands
from tests.support.toy import prepare_all

_COMMAND = [
    *("pipeline.sweep", "data=pairs", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"),
    *(
        "optimizer.learning_rate=0.01,0.03,0.1",
        "seed=1,2",
        "training.epochs=400",
        "training.early_stopping=null",
    ),
    *("training.xla=false", "tracking.log_model=false", "checkpoint.every_seconds=1"),
]
_SWEEP, _WORKER, _TRIAL = "sweep", "worker", "trial"
_MARKS = {_WORKER: "loky.backend.popen_loky_posix", _TRIAL: "pipeline.studies.trial_runner"}
_FAILED = re.compile(r"error: \d of the sweep's 6 trials failed\. Received: .+")
_GRACE = 5.0  # seconds until every process of a life must have ended
_LIMIT = 300.0  # seconds: a life that takes longer hangs
_OF_ONE_LIFE = ("seconds", "run_id")  # columns of the table that differ between lives


@dataclass
class Chain:
    """The lives of one sweep: the killed processes and the faults."""

    folder: Path
    victims: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    watches: list[Timer] = field(default_factory=list)

    def __str__(self) -> str:
        killed = (
            ", ".join(f"{role} {count}" for role, count in sorted(Counter(self.victims).items()))
            or "nothing"
        )
        return (
            f"{self.folder.name}: killed {killed}; differs: {'; '.join(self.faults) or 'nothing'}"
        )

    def live(self, random: Random, *, seconds: float, most: int) -> bool:
        """Runs one life. Returns whether the sweep has finished.

        Args:
            seconds: the time of a sweep that nothing kills. It has two kills on average.
            most: the largest number of kills.
        """
        log = self.folder / "log.txt"
        start = log.stat().st_size if log.exists() else 0
        sweep = commands.start(self.folder, _COMMAND)
        victims: list[str] = []
        while len(victims) < most and not _ends_within(sweep, random.expovariate(2 / seconds)):
            victims += _kill_one(sweep.pid, random)
        sweep.wait(_LIMIT)
        text = log.read_bytes()[start:].decode()
        if not _may_end(victims, sweep.returncode, text):
            self.faults.append(
                f"exit code {sweep.returncode} after kills of {victims}: {text.splitlines()[-1:]}"
            )
        self.victims += victims
        self.watches.append(Timer(_GRACE, self._look_for_living, [sweep.pid]))
        self.watches[-1].start()
        return sweep.returncode == 0

    def _look_for_living(self, session: int) -> None:
        self.faults += [
            f"alive after {_GRACE:g} s: {process}" for process in _living(session).values()
        ]

    def compare(self, whole: dict[str, Any]) -> None:
        """Adds what differs from a sweep that nothing killed as a fault."""
        for watch in self.watches:
            watch.join()
        if self.faults:
            return
        facts = examine(self.folder)
        self.faults += [f"{key}: {facts[key]}" for key in whole if facts[key] != whole[key]]


def _ends_within(sweep: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        sweep.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _may_end(victims: list[str], code: int, text: str) -> bool:
    """Whether a life may end like this: a sweep names the trials that kills sweep fail."""
    if code == -signal.SIGKILL:
        return _SWEEP in victims
    return code == 0 or (code == 1 and victims != [] and _FAILED.search(text) is not None)


def _living(session: int) -> dict[int, str]:
    """The command of each process of a session, by its id."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,stat=,args=", "-s", str(session)],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    return {int(number): command for number, status, command in rows if not status.startswith("Z")}


def _kill_one(session: int, random: Random) -> list[str]:
    """Draws a role among the living processes and kills one of that role.

    Returns:
        The role, or an empty list if no process was left.
    """
    living = sorted(_living(session).items())
    processes = {
        role: [number for number, command in living if mark in command]
        for role, mark in _MARKS.items()
    }
    processes[_SWEEP] = [number for number, _ in living if number == session]
    roles = [role for role, numbers in processes.items() if numbers]
    if not roles:
        return []
    role = random.choice(roles)
    with suppress(ProcessLookupError):
        os.kill(random.choice(processes[role]), signal.SIGKILL)
        return [role]
    return []


def examine(folder: Path) -> dict[str, Any]:
    """Everything about a sweep that kills must not change."""
    (sweep,) = (folder / "mlruns/sweeps").iterdir()
    with (sweep / "trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    runs = commands.runs(folder, "pairs")
    parents = [run for run in runs if run.data.tags.get("kind") == "sweep"]
    checkpoints = folder / "mlruns/checkpoints"
    hidden = [path for place in (checkpoints, sweep) for path in place.rglob(".*")]
    return {
        "table": [
            {name: value for name, value in row.items() if name not in _OF_ONE_LIFE} for row in rows
        ],
        "runs of the table": len(
            {row["run_id"] for row in rows} & {run.info.run_id for run in runs}
        ),
        "parents": [
            (run.info.status, run.data.params, run.data.tags["best.objective"]) for run in parents
        ],
        "children": sorted(
            (
                run.data.params["seed"],
                run.data.params["optimizer.learning_rate"],
                run.info.status,
                run.data.tags["fingerprint"],
            )
            for run in runs
            if run.data.tags.get("mlflow.parentRunId") in [parent.info.run_id for parent in parents]
        ),
        "statuses": sorted(run.info.status for run in runs),
        "files of runs": sorted(
            str(path.relative_to(checkpoints)) for path in checkpoints.rglob("*")
        ),
        "temporary files": sorted(str(path.relative_to(folder)) for path in hidden),
    }


def chain(folder: Path, random: Random, *, seconds: float, most: int) -> Chain:
    """Runs lives of one sweep until it has finished, with at most `most` kills."""
    prepare_all(folder)
    sweep = Chain(folder)
    finished = False
    while not finished and not sweep.faults:
        finished = sweep.live(random, seconds=seconds, most=most - len(sweep.victims))
    return sweep


def main(arguments: list[str]) -> int:
    """Kills processes of sweeps. Returns 1 if anything differed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.sweeps", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=30, help="processes to kill (30)")
    parser.add_argument("--seed", type=int, default=1, help="seed of moments and processes (1)")
    options = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="sweeps."))
    random, began = Random(options.seed), time.monotonic()
    prepare_all(home / "whole")
    seconds = commands.finish(home / "whole", _COMMAND)
    whole = examine(home / "whole")
    chains: list[Chain] = []
    while (remaining := options.kills - sum(len(sweep.victims) for sweep in chains)) > 0:
        chains.append(chain(home / f"sweep_{len(chains)}", random, seconds=seconds, most=remaining))
        chains[-1].compare(whole)
        print(chains[-1], flush=True)
    different = sum(bool(sweep.faults) for sweep in chains)
    print(
        f"{options.kills} kills, {len(chains)} sweeps, {different} differences, "
        f"{time.monotonic() - began:.0f} seconds"
    )
    if different:
        print(f"their files are in {home}")
    else:
        shutil.rmtree(home)
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
