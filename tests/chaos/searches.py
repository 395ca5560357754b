"""Kills real searches at random moments, lets them go on, and compares them with one that was never killed.

    python -m tests.chaos.searches --kills 10 [--method hyperband] [--seed 1]

The searches run on toy data in folders of their own. Compared are the trials in order, with their objectives and fingerprints
to the last bit, the best one, and MLflow's record: every trial once, and nothing RUNNING.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from pipeline.studies import search_journal as journal
from tests.support import again
from tests.support.toy import prepare_all

_SPACE = "optimizer.learning_rate: {float: [1.0e-03, 1.0e-01], log: true}\nmodel.units: {choice: [[4], [8], [16]]}\n"
_SEARCHES = {
    "random": ["search.trials=5", "training.epochs=30"],
    "bayesian": ["search.trials=8", "training.epochs=30"],
    "hyperband": ["search.trials=9", "search.max_epochs=9"],
}


def command(method: str) -> list[str]:
    own = [
        f"search={method}",
        *_SEARCHES[method],
        "training.early_stopping=null",
        "training.xla=false",
    ]
    return ["pipeline.tune", "data=pairs", *own]


def repository(folder: Path) -> Path:
    prepare_all(folder)
    (folder / "conf/space/pairs.yaml").write_text(_SPACE, encoding="utf-8")
    return folder


def examine(folder: Path) -> dict[str, Any]:
    """All of a search that must not depend on how often it was killed."""
    (search,) = (folder / "mlruns/search").iterdir()
    with journal.held(search) as kept:
        records = kept.records
    found = again.runs(folder, "pairs")
    runs = {run.info.run_id: run for run in found}
    (parent,) = (run for run in found if run.data.tags.get("kind") == "search")
    children = [run for run in found if run is not parent]
    course = again.client(folder).get_metric_history(parent.info.run_id, "best")
    return {
        "trials": [
            (
                record.number,
                record.overrides,
                record.status,
                record.objective,
                record.epochs,
                _bits(runs[record.run_id]),
            )
            for record in records
        ],
        "best": parent.data.tags["best.trial"],
        "course": [(point.step, point.value) for point in course],
        "statuses": sorted(run.info.status for run in found),
        "children": sorted(run.data.tags["trial"] for run in children),
    }


def _bits(run: Any) -> Any:
    """The fingerprint of a finished run, the last validation loss of one that paused."""
    return run.data.tags.get("fingerprint") or run.data.metrics["validation/loss"]


def chain(
    whole: Path, folder: Path, method: str, random: Random, *, seconds: float, most: int
) -> tuple[int, list[str]]:
    """Lives of one search, of which `most` are killed unless one ends before; the kills, and what differs at the end."""
    kills = 0
    while kills < most:
        child = again.start(folder, command(method))
        try:
            child.wait(timeout=random.uniform(0, seconds))
            break
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            kills += 1
    again.finish(folder, command(method))
    one, other = examine(whole), examine(folder)
    return kills, [key for key in one if one[key] != other[key]]


def main(arguments: list[str]) -> int:
    """Runs what was asked for; 1 if anything differed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.searches", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=10, help="for each method (10)")
    parser.add_argument("--seed", type=int, default=1, help="draws the moments (1)")
    parser.add_argument(
        "--method", choices=_SEARCHES, action="append", help="one method alone; may be repeated"
    )
    given = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="search_chaos."))
    different = 0
    for method in given.method or list(_SEARCHES):
        whole = repository(home / f"{method}.whole")
        seconds = again.finish(whole, command(method))
        random, left, number = Random(f"{given.seed} {method}"), given.kills, 0
        while left > 0:
            folder = repository(home / f"{method}.{number}")
            kills, faults = chain(whole, folder, method, random, seconds=seconds, most=left)
            print(f"{method}: {kills} kills, differs: {', '.join(faults) or 'nothing'}", flush=True)
            left, number, different = left - kills, number + 1, different + bool(faults)
    if not different:
        shutil.rmtree(home)
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
