"""The test result of one model in one line."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.evaluation.opponents import opponents, telling
from pipeline.formatting import interval, number

_ARTICLES = re.compile("^(always )?(the |a )?")


def in_one_line(metrics: Mapping[str, Any]) -> str:
    """`test accuracy 0.8520 [0.8210, 0.8780], commonest class 0.7010`.

    It names the simplest baseline, and the one that says most about the network.

    Args:
        metrics: the content of `metrics.json`.
    """
    headline = metrics["headline"]
    figures = ", ".join(_figure(metrics, name) for name in [headline, *metrics["beside"]])
    simplest = [one for one in opponents(metrics, headline) if one.is_measured][:1]
    best = telling(metrics, headline)
    choice = simplest + [one for one in [best] if one is not None and one not in simplest]
    baselines = [f"{_ARTICLES.sub('', one.title)} {one.figure}" for one in choice]
    return ", ".join([f"test {figures}", *baselines])


def _figure(metrics: Mapping[str, Any], name: str) -> str:
    entry = metrics["test"][name]
    if entry["value"] is None:
        return f"{name} not defined: {entry['reason']}"
    limits = [interval(entry["low"], entry["high"])] if "low" in entry else []
    return " ".join([name, number(entry["value"]), *limits])
