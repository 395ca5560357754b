"""The baselines of an experiment, as results and the report show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.formatting import duration, interval, number


@dataclass(frozen=True)
class Opponent:
    """A baseline compared with a network, by the metric of the report.

    Args:
        entry: its entry in `metrics.json`.
        metric: the metric of the report. A baseline without probabilities may not have it.
    """

    entry: Mapping[str, Any]
    metric: str

    @property
    def title(self) -> str:
        """`gradient boosting`."""
        return str(self.entry["title"])

    @property
    def left_out(self) -> str:
        """Why it was not fitted; empty if it was."""
        return str(self.entry.get("left_out", ""))

    @property
    def value(self) -> float | None:
        """Its metric on the test split."""
        return self._part("test").get("value")

    @property
    def figure(self) -> str:
        """Its metric as text: `0.8339`."""
        return "not defined" if self.value is None else number(self.value)

    @property
    def interval(self) -> str:
        """The 95 % interval of its metric."""
        return _interval(self._part("test"))

    @property
    def difference(self) -> str:
        """The metric of the network minus that of the baseline: `-0.0265`."""
        value = self._part("difference").get("value")
        return "" if value is None else number(value)

    @property
    def difference_interval(self) -> str:
        """The 95 % interval of the difference."""
        return _interval(self._part("difference"))

    @property
    def is_measured(self) -> bool:
        """Whether the metric can be measured for it."""
        return bool(self._part("test"))

    @property
    def verdict(self) -> str:
        """`better`, `no better`, `worse` or `not compared`: what the network is."""
        return str(self._part("difference").get("verdict", ""))

    @property
    def short_verdict(self) -> str:
        """`network better`, or `not compared`."""
        return self.verdict if self.verdict == "not compared" else f"network {self.verdict}"

    @property
    def reason(self) -> str:
        """Why the network is not compared with it, or the difference has no interval."""
        return str(self._part("difference").get("reason", ""))

    @property
    def margin(self) -> str:
        """By how much the network is better or worse: `0.0213`; else empty."""
        return number(abs(self._part("difference")["value"])) if self._is_decided else ""

    @property
    def margin_interval(self) -> str:
        """The 95 % interval of the margin: `[0.0105, 0.0321]`; else empty."""
        if not self._is_decided:
            return ""
        difference = self._part("difference")
        return interval(*sorted(abs(difference[limit]) for limit in ("low", "high")))

    @property
    def _is_decided(self) -> bool:
        return self.verdict in ("better", "worse")

    @property
    def sentence(self) -> str:
        """`gradient boosting 0.8339; network better by 0.0213 [0.0105, 0.0321]`."""
        by = f" by {self.margin} {self.margin_interval}" if self._is_decided else ""
        return f"{self.title} {self.figure}; {self.short_verdict}{by}"

    @property
    def learned(self) -> str:
        """`5,000 of 45,000 training rows, 4.2 s`."""
        rows, total = self.entry["rows"], self.entry["training_rows"]
        of = f"{rows:,} of {total:,}" if rows < total else f"{total:,}"
        return f"{of} training rows, {duration(self.entry['seconds'])}"

    def other(self, metric: str) -> str:
        """Another metric on the test split; empty if it was not measured."""
        value = self.entry["test"].get(metric, {}).get("value")
        return "" if value is None else number(value)

    def _part(self, name: str) -> Mapping[str, Any]:
        part: Mapping[str, Any] = self.entry.get(name, {}).get(self.metric, {})
        return part


def _interval(part: Mapping[str, Any]) -> str:
    return "" if part.get("low") is None else interval(part["low"], part["high"])


def opponents(metrics: Mapping[str, Any], metric: str) -> list[Opponent]:
    """The baselines in `metrics.json`; simple ones come first.

    Args:
        metric: the metric that the report shows first.
    """
    entries = sorted(metrics.get("baselines", {}).values(), key=lambda entry: entry["place"])
    return [Opponent(entry, metric) for entry in entries]


def telling(metrics: Mapping[str, Any], metric: str) -> Opponent | None:
    """The baseline that says most about the network; None if none has the metric."""
    name = metrics.get("telling_baseline", {}).get(metric)
    return None if name is None else Opponent(metrics["baselines"][name], metric)
