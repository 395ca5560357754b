"""Kills processes of real sweeps at random moments, and compares what comes of them with a sweep that was never killed.

    python -m tests.chaos.sweeps --kills 30 [--seed 1]

The sweeps run on toy data in folders of their own, by joblib's workers. A chain gives the same command again until it ends
well; before that SIGKILL ends the sweep itself, one of its workers, or a child that trains. 5 seconds after the end of each
life nothing of it may be alive. Compared are the trials with their objectives and fingerprints to the last bit, the table,
the files, and MLflow's record: one parent, every trial once, and nothing RUNNING.
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

from tests.support import again
from tests.support.toy import prepare_all

_COMMAND = [
    *("pipeline.train", "-m", "data=pairs", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"),
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
_GRACE = 5.0  # seconds within which everything of a life has ended
_LIMIT = 300.0  # seconds that no life takes, unless it hangs
_OF_ONE_LIFE = ("seconds", "run_id")


@dataclass
class Chain:
    """The lives of one sweep: what was killed in each, and what was wrong with any of them."""

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
        """One life, in which at most so many processes are killed; whether the sweep is finished.

        Args:
            seconds: of a sweep that is never killed; two kills fall into them on average.
        """
        log = self.folder / "log.txt"
        told = log.stat().st_size if log.exists() else 0
        sweep = again.start(self.folder, _COMMAND)
        victims: list[str] = []
        while len(victims) < most and not _ends_within(sweep, random.expovariate(2 / seconds)):
            victims += _kill_one(sweep.pid, random)
        sweep.wait(_LIMIT)
        said = log.read_bytes()[told:].decode()
        if not _may_end(victims, sweep.returncode, said):
            self.faults.append(
                f"exit code {sweep.returncode} after kills of {victims}: {said.splitlines()[-1:]}"
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
        """Adds what is not as in a sweep that was never killed."""
        for watch in self.watches:
            watch.join()
        if self.faults:
            return
        found = examine(self.folder)
        self.faults += [f"{key}: {found[key]}" for key in whole if found[key] != whole[key]]


def _ends_within(sweep: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        sweep.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _may_end(victims: list[str], code: int, said: str) -> bool:
    """Whether a life may end so: a sweep that lost a worker or a trial says what failed with it."""
    if code == -signal.SIGKILL:
        return _SWEEP in victims
    return code == 0 or (code == 1 and victims != [] and _FAILED.search(said) is not None)


def _living(session: int) -> dict[int, str]:
    """The processes of a session by their id, as they were started."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,stat=,args=", "-s", str(session)],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    return {int(number): command for number, status, command in rows if not status.startswith("Z")}


def _kill_one(session: int, random: Random) -> list[str]:
    """Kills a process of a role drawn among those there are; that role, or nothing where none was left to kill."""
    living = sorted(_living(session).items())
    found = {
        role: [number for number, command in living if mark in command]
        for role, mark in _MARKS.items()
    }
    found[_SWEEP] = [number for number, _ in living if number == session]
    roles = [role for role, numbers in found.items() if numbers]
    if not roles:
        return []
    role = random.choice(roles)
    with suppress(ProcessLookupError):
        os.kill(random.choice(found[role]), signal.SIGKILL)
        return [role]
    return []


def examine(folder: Path) -> dict[str, Any]:
    """All of a sweep that must not depend on how often it was killed."""
    (sweep,) = (folder / "mlruns/sweeps").iterdir()
    with (sweep / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = again.runs(folder, "pairs")
    parents = [run for run in found if run.data.tags.get("kind") == "sweep"]
    checkpoints = folder / "mlruns/checkpoints"
    hidden = [path for place in (checkpoints, sweep) for path in place.rglob(".*")]
    return {
        "table": [
            {name: value for name, value in row.items() if name not in _OF_ONE_LIFE} for row in rows
        ],
        "runs of the table": len(
            {row["run_id"] for row in rows} & {run.info.run_id for run in found}
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
            for run in found
            if run.data.tags.get("mlflow.parentRunId") in [parent.info.run_id for parent in parents]
        ),
        "statuses": sorted(run.info.status for run in found),
        "files of runs": sorted(
            str(path.relative_to(checkpoints)) for path in checkpoints.rglob("*")
        ),
        "temporary files": sorted(str(path.relative_to(folder)) for path in hidden),
    }


def chain(folder: Path, random: Random, *, seconds: float, most: int) -> Chain:
    """Lives of one sweep until it is finished, in which at most so many processes are killed."""
    prepare_all(folder)
    made = Chain(folder)
    finished = False
    while not finished and not made.faults:
        finished = made.live(random, seconds=seconds, most=most - len(made.victims))
    return made


def main(arguments: list[str]) -> int:
    """Runs what was asked for; 1 if anything differed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.sweeps", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=30, help="how many processes are killed (30)")
    parser.add_argument(
        "--seed", type=int, default=1, help="draws the moments and the processes (1)"
    )
    given = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="sweep_chaos."))
    random, began = Random(given.seed), time.monotonic()
    prepare_all(home / "whole")
    seconds = again.finish(home / "whole", _COMMAND)
    whole = examine(home / "whole")
    chains: list[Chain] = []
    while (left := given.kills - sum(len(made.victims) for made in chains)) > 0:
        chains.append(chain(home / f"sweep_{len(chains)}", random, seconds=seconds, most=left))
        chains[-1].compare(whole)
        print(chains[-1], flush=True)
    different = sum(bool(made.faults) for made in chains)
    print(
        f"{given.kills} kills, {len(chains)} sweeps, {different} differences, {time.monotonic() - began:.0f} seconds"
    )
    if different:
        print(f"what they left is in {home}")
    else:
        shutil.rmtree(home)
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
