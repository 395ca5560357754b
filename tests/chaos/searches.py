"""Kills real searches at random moments, resumes them, and compares the results.

    python -m tests.chaos.searches --kills 10 [--method hyperband] [--seed 1]

The searches run on toy data in folders of their own. Each is compared with a search that nothing
kills: the trials in order, with the bits of their objectives and fingerprints, the best trial, and
the runs in MLflow. Each trial must be there once, and none may be RUNNING.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from pipeline.studies.journal import open_search
from tests.support import commands
from tests.support.toy import prepare_all

_SPACE = """optimizer.learning_rate: {float: [1.0e-03, 1.0e-01], log: true}
model.units: {choice: [[4], [8], [16]]}
"""
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
    """Everything about a search that kills must not change."""
    (search,) = (folder / "mlruns/search").iterdir()
    with open_search(search) as journal:
        outcomes = journal.outcomes
    runs = {run.info.run_id: run for run in commands.runs(folder, "pairs")}
    (parent,) = (run for run in runs.values() if run.data.tags.get("kind") == "search")
    children = [run for run in runs.values() if run is not parent]
    history = commands.client(folder).get_metric_history(parent.info.run_id, "best")
    return {
        "trials": [
            (
                outcome.trial.number,
                outcome.trial.overrides,
                outcome.status,
                outcome.objective,
                outcome.epochs,
                _bits(runs[outcome.run_id]),
            )
            for outcome in outcomes
        ],
        "best": parent.data.tags["best.trial"],
        "history": [(point.step, point.value) for point in history],
        "statuses": sorted(run.info.status for run in runs.values()),
        "children": sorted(run.data.tags["trial"] for run in children),
    }


def _bits(run: Any) -> Any:
    """The fingerprint of a finished run, or the last validation loss of a paused one."""
    return run.data.tags.get("fingerprint") or run.data.metrics["validation/loss"]


def chain(
    whole: Path, folder: Path, method: str, random: Random, *, seconds: float, most: int
) -> tuple[int, list[str]]:
    """Kills and resumes one search until it ends.

    Args:
        seconds: the longest life before a kill.
        most: the largest number of kills.

    Returns:
        The number of kills, and what differs from the search that nothing killed.
    """
    kills = 0
    while kills < most:
        child = commands.start(folder, command(method))
        try:
            child.wait(timeout=random.uniform(0, seconds))
            break
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            kills += 1
    commands.finish(folder, command(method))
    one, other = examine(whole), examine(folder)
    return kills, [key for key in one if one[key] != other[key]]


def main(arguments: list[str]) -> int:
    """Kills searches of each method. Returns 1 if anything differed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.searches", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=10, help="kills for each method (10)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the moments (1)")
    parser.add_argument(
        "--method", choices=_SEARCHES, action="append", help="only this method; can be repeated"
    )
    options = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="searches."))
    different = 0
    for method in options.method or list(_SEARCHES):
        whole = repository(home / f"{method}.whole")
        seconds = commands.finish(whole, command(method))
        random, remaining, number = Random(f"{options.seed} {method}"), options.kills, 0
        while remaining > 0:
            folder = repository(home / f"{method}.{number}")
            kills, faults = chain(whole, folder, method, random, seconds=seconds, most=remaining)
            print(f"{method}: {kills} kills, differs: {', '.join(faults) or 'nothing'}", flush=True)
            remaining, number, different = remaining - kills, number + 1, different + bool(faults)
    if not different:
        shutil.rmtree(home)
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
