"""Kills `dvc repro` anywhere, and looks for figures that the inputs did not make.

    python -m tests.chaos.chains --kills 60

Each chain begins with a complete project. An input is edited. Then `dvc repro` runs, and SIGKILL
ends its whole process group at a random moment, up to five times. After each kill, `report`,
`report --check` and `inspect` must show the figures of the present inputs, or say that a result is
missing or stale. At last `dvc repro` runs to its end. It must leave the weights and figures of a
chain that nothing disturbed.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos import readings
from tests.chaos.readings import CHECK, INSPECT, OUTPUT, REPORT
from tests.chaos.stale import INPUT_EDITS, START, Combination, Lab, Trial
from tests.support import ROOT

LOCK = ".dvc/tmp/rwlock"
_LIVES = 5  # kills of one chain at most
READERS = {"report": REPORT, "report --check": CHECK, "inspect": INSPECT}


def repro(folder: Path, *, kill_after: float | None = None) -> bool:
    """Runs `dvc repro`. Returns whether it ended before it was killed.

    Args:
        kill_after: seconds until SIGKILL of its process group; None lets it end.
    """
    with (folder / "dvc.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro"],
            cwd=folder,
            env=os.environ | {"DVC_NO_ANALYTICS": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(kill_after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False
    output = (folder / "dvc.log").read_text()
    if code != 0 and f"Unable to read RWLock-file '{LOCK}'" in output:
        (folder / LOCK).unlink()  # as docs/resume.md advises
        return repro(folder, kill_after=kill_after)
    if code != 0:
        raise RuntimeError(f"dvc repro ended with {code}: {output}")
    return True


def create(folder: Path) -> float:
    """Writes a project of DVC and runs it once. Returns the seconds that `dvc repro` took."""
    readings.create(folder, START)
    shutil.copytree(
        ROOT / "pipeline", folder / "pipeline", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / ".dvcignore", folder)
    (folder / ".dvc").mkdir()
    settings = (ROOT / ".dvc/config").read_text(encoding="utf-8")
    settings = settings.replace("[core]\n", "[core]\n    no_scm = true\n")
    (folder / ".dvc/config").write_text(settings, encoding="utf-8")
    began = time.monotonic()
    repro(folder)
    return time.monotonic() - began


def result(folder: Path) -> dict[str, Any]:
    """The weights and figures of a complete project, without times and ids."""
    metrics = json.loads((folder / OUTPUT / "metrics.json").read_text(encoding="utf-8"))
    run = json.loads((folder / OUTPUT / "run.json").read_text(encoding="utf-8"))
    return {
        "fingerprint": run["fingerprint"],
        **{split: metrics[split] for split in ("train", "validation", "test")},
        "means": readings.means(folder),
    }


class Chain:
    """One complete project with an edited input.

    Args:
        edit: the name of the edit.
        seconds: the time of an undisturbed `dvc repro`.
    """

    def __init__(self, lab: Lab, folder: Path, edit: str, seconds: float, random: Random) -> None:
        self._lab, self._folder, self._seconds, self._random = lab, folder, seconds, random
        self._inputs = INPUT_EDITS[edit](START)
        self._inputs.write(folder)
        self.kills, self.faults = 0, list[str]()

    def run(self, most_kills: int) -> bool:
        """Kills, reads, and runs to the end. Returns whether the result is that of the inputs."""
        while self.kills < most_kills:
            if repro(self._folder, kill_after=self._random.uniform(0, self._seconds)):
                break
            self.kills += 1
            self._read()
        repro(self._folder)
        self._read()
        return result(self._folder) == result(self._lab.truth(self._inputs).folder)

    def _read(self) -> None:
        for name in ("report.md", "report.html"):
            (self._folder / "outputs" / name).unlink(missing_ok=True)
        nothing = Combination("", "", "", "nothing", "", upstream=False)
        trial = Trial(self._lab, self._folder, nothing, self._random)
        for name, words in READERS.items():
            self.faults += trial.check(name, self._lab.run(self._folder, *words))


def main(arguments: list[str]) -> int:
    """Kills chains. Returns 1 if a result differs or a reader showed a wrong value."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.chains", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=60, help="how many (60)")
    parser.add_argument("--seed", type=int, default=1, help="seed of edits and moments (1)")
    options = parser.parse_args(arguments)
    random, began = Random(options.seed), time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="chains."))
    readings.load(home)
    lab = Lab(home, readings.forked)
    seconds = create(home / "complete")
    kills = chains = differences = wrong = 0
    while kills < options.kills:
        chains += 1
        folder = shutil.copytree(home / "complete", home / f"chain_{chains}", symlinks=True)
        edit = random.choice(list(INPUT_EDITS))
        chain = Chain(lab, folder, edit, seconds, random)
        same = chain.run(min(_LIVES, options.kills - kills))
        kills += chain.kills
        differences += not same
        wrong += len(chain.faults)
        print(f"chain {chains}: edit {edit}, {chain.kills} kills, {same=}", flush=True)
        for fault in chain.faults:
            print(f"    WRONG: {fault}", flush=True)
        if same and not chain.faults:
            shutil.rmtree(folder)
    print(
        f"{kills} kills, {chains} chains, {differences} differences, {wrong} wrong reports, "
        f"{time.monotonic() - began:.0f} seconds"
    )
    if not differences + wrong:
        shutil.rmtree(home)
    return int(differences + wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
