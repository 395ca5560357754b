"""Adds the baselines of an evaluation to the record of the run that was tested."""

import time
from collections.abc import Mapping
from typing import Any

from pipeline.tracking.tracker import Measurement, Tracker


def log_baselines(tracker: Tracker, summary: Mapping[str, Any], *, step: int) -> None:
    """Adds the headline metric of each baseline, and what it says about the network.

    The values are metrics, so that a chart can show them next to those of the network. Differences
    are tags, as intervals are. The other metrics of the baselines would fill the table of runs, so
    only `metrics.json` has them.

    Args:
        summary: the content of `metrics.json`. Without baselines, nothing is added.
        step: of the saved model.
    """
    metric = summary["headline"]
    telling = summary.get("telling_baseline", {}).get(metric)
    if telling is None:
        return
    now = time.time_ns() // 1_000_000
    for name, entry in summary["baselines"].items():
        value = entry.get("test", {}).get(metric, {}).get("value")
        if value is None:
            continue
        key, difference = f"test/baseline/{name}/{metric}", entry["difference"][metric]
        tracker.replace_metrics([Measurement(step, now, {key: value})])
        if "low" in difference:
            limits = f"{difference['low']:.6g} to {difference['high']:.6g}"
            tracker.set_tag(f"{key}.difference_95", limits)
    entry = summary["baselines"][telling]
    verdict = entry["difference"][metric]["verdict"]
    word = "with" if verdict == "not compared" else "than"
    tracker.set_tag("baseline", f"{verdict} {word} {entry['title']}")
