"""The card of a version: tags that a search finds, and a page in Markdown made from them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.evaluation.predictions import Facts
from pipeline.formatting import interval, markdown, number, thousands
from pipeline.promoting.decision import Decision
from pipeline.promoting.entrant import Entrant
from pipeline.tracking.registered_models import Version

OUTCOME, VERDICT, AGAINST = "outcome", "verdict", "compared_with"
BEFORE = "champions.before"  # the numbers of the earlier champions, the oldest first
LOST_TO = "lost_to"  # the number of the version that was preferred
ROLLED_BACK = "rolled_back"
RIVALS = "rejected_rivals"
REPRODUCED = "reproduced"
_OF_THE_RUN = (
    *("experiment", "run_key", "fingerprint", "git.commit", "git.dirty", REPRODUCED),
    *("data", "data.source", "data.digest.train", "data.digest.validation", "data.digest.test"),
)
_RAW, _BASELINE = "data.raw.", "baseline."


def facts(entrant: Entrant) -> dict[str, str]:
    """The tags of a version that come from its run."""
    metrics, tags = entrant.tested.metrics, entrant.run.tags
    of_rows: Facts = entrant.tested.predictions.facts
    headline = str(metrics["headline"])
    return {
        "run": entrant.run.run_id,
        "experiment": entrant.experiment,
        **{name: tags[name] for name in _OF_THE_RUN if name in tags},
        **{f"{_RAW}{name}": digest for name, digest in entrant.run.raw.items()},
        "test.metric": headline,
        "test": _figure(metrics["test"][headline]),
        "test.rows": thousands(of_rows.rows),
        "parameters": thousands(entrant.parameters),
        **_baselines(metrics, headline),
    }


def of_decision(decision: Decision, champion: Version | None) -> dict[str, str]:
    """The tags of a version that come from the decision about it.

    Args:
        champion: the one that it was compared with.
    """
    against = {} if champion is None else {AGAINST: f"version {champion.number}"}
    return {OUTCOME: decision.outcome, VERDICT: decision.verdict, **against}


def _baselines(metrics: Mapping[str, Any], headline: str) -> dict[str, str]:
    entries = {
        name: entry
        for name, entry in metrics.get("baselines", {}).items()
        if entry.get("test", {}).get(headline, {}).get("value") is not None
    }
    return {
        f"{_BASELINE}{name}": f"{entry['title']}: {_figure(entry['test'][headline])}; the network "
        f"is {entry['difference'][headline]['verdict']}"
        for name, entry in entries.items()
    }


def _figure(entry: Mapping[str, Any]) -> str:
    """`0.9833 [0.9641, 0.9939]`."""
    if entry.get("low") is None:
        return number(entry["value"])
    return f"{number(entry['value'])} {interval(entry['low'], entry['high'])}"


def rivals(version: Version, versions: Sequence[Version]) -> list[str]:
    """The versions that lost to this one, each in one line."""
    return [
        f"version {one.number}, {one.tags['experiment']}, {_test(one.tags)}: {_fate(one.tags)}"
        for one in versions
        if one.tags.get(LOST_TO) == str(version.number)
    ]


def _fate(tags: Mapping[str, str]) -> str:
    if ROLLED_BACK in tags:
        return "it was champion, and was rolled back"
    return tags[VERDICT] if tags[OUTCOME] == "not better" else "the champion before"


def _test(tags: Mapping[str, str]) -> str:
    return f"{tags['test.metric']} {tags['test']}"


def page(name: str, version: Version, beaten: Sequence[str]) -> str:
    """The description of a version.

    Args:
        beaten: its rejected rivals; see `rivals`.
    """
    tags = version.tags
    baselines = [text for key, text in tags.items() if key.startswith(_BASELINE)]
    data = {key: text for key, text in tags.items() if key.startswith(("data.digest.", _RAW))}
    against = f" Compared with {tags[AGAINST]}." if AGAINST in tags else ""
    proof = tags.get(REPRODUCED, f"not yet: python -m pipeline.reproduce {version.run_id[:8]}")
    lines = [
        f"# {name}, version {version.number}",
        "",
        f"{markdown(tags['experiment'])}, run `{version.run_id}`",
        "",
        f"**{_test(tags)}** on {tags['test.rows']} test rows; {tags['parameters']} parameters",
        "",
        f"- Verdict: {markdown(tags[VERDICT])}.{against}",
        f"- Made again with the same bits: {proof}",
        "",
        *_section("Rejected rivals", beaten),
        *_section("Simple models on the same rows", baselines),
        f"## Data: {markdown(tags.get('data', 'unknown'))}",
        "",
        *(f"- {markdown(key)}: `{text}`" for key, text in sorted(data.items())),
    ]
    return "\n".join(lines)


def _section(title: str, entries: Sequence[str]) -> list[str]:
    if not entries:
        return []
    return [f"## {title}", "", *(f"- {markdown(entry)}" for entry in entries), ""]
