"""Trains further seeds of two experiments until a confidence sequence decides between them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline import metrics
from pipeline.comparing import sequence
from pipeline.comparing.comparison import UNTIL_DECIDED, Measured, Pair, Part, Value
from pipeline.comparing.names import Contender
from pipeline.comparing.parts import larger_is_better, reason_of_rows
from pipeline.comparing.sequence import Standing
from pipeline.config import resolved
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.metrics import is_metric
from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError, suggestion
from pipeline.layout import CONFIGS, PREPARED
from pipeline.signals import Interruption
from pipeline.tested_training import train_and_test

BUDGET = 20


@dataclass(frozen=True)
class Outcome:
    """The result of training further seeds.

    Args:
        part: the part of the comparison.
        runs: the ids of the runs, by name.
    """

    part: Part
    runs: Mapping[str, Sequence[str]]


def decide(
    one: Contender,
    other: Contender,
    *,
    metric: str | None,
    budget: int,
    interruption: Interruption,
) -> Outcome:
    """Trains both experiments, seed by seed, until the test decides or the budget ends.

    A seed with a finished run is not trained again. So a killed call resumes, and a larger budget
    continues.

    Args:
        metric: the metric that decides; by default the headline metric of the task.
        budget: the largest number of seeds of each.

    Raises:
        PipelineError: the names are not two experiments with the same test rows, or a training
            fails.
    """
    configs = [_config(contender) for contender in (one, other)]
    _require_possible(one, other, configs)
    name = _deciding_metric((one, other), metric)
    larger = bool(larger_is_better(name))
    _prepare_process(configs)
    tags = {"compared": f"{one.name} against {other.name}, until decided"}
    runs: dict[str, list[dict[str, Any]]] = {one.name: [], other.name: []}
    standings: list[Standing] = []
    for seed in _seeds(one, other, budget):
        for contender, config in zip((one, other), configs, strict=True):
            log(f"{contender.name}: seed {seed}, {len(standings) + 1} of at most {budget}")
            runs[contender.name].append(_run(config, seed, tags, interruption))
        standings.append(_standing(runs, name))
        log(f"seed {seed}: {_in_words(runs, name, standings[-1])}")
        if standings[-1].decides:
            break
    ids = {key: [run["run_id"] for run in of] for key, of in runs.items()}
    return Outcome(_part(one.name, other.name, runs, name, larger, standings), ids)


def _config(contender: Contender) -> ExperimentConfig:
    if not contender.is_experiment:
        raise PipelineError(
            "--until-decided trains seeds of experiments",
            received=contender.title,
            expected="Name two experiments of params.yaml",
        )
    return resolved.read(CONFIGS / f"{contender.name}.yaml")


def _require_possible(
    one: Contender, other: Contender, configs: Sequence[ExperimentConfig]
) -> None:
    """Checks before the first training that the result can be used."""
    if reason := reason_of_rows([each.tested for each in (one, other) if each.tested]):
        raise PipelineError(f"these are not comparable over seeds: {reason}")
    threads = {config.training.threads for config in configs}
    if len(threads) > 1:
        raise PipelineError(
            "--until-decided trains both experiments in one process, and they have different "
            "training.threads",
            received=" and ".join(map(str, sorted(threads))),
            expected="Give both the same number, or train series of both with: dvc repro repeat@"
            "<experiment>",
        )
    for config in configs:
        load_meta(PREPARED / config.data.name)


def _deciding_metric(contenders: Sequence[Contender], metric: str | None) -> str:
    """The metric that decides, checked before the first training."""
    name = metric or contenders[0].headline
    for tested in filter(None, (contender.tested for contender in contenders)):
        entries = tested.metrics["test"]
        candidates = [
            entry for entry in entries if not is_metric(entry) or not metrics.is_of_a_class(entry)
        ]
        if name not in candidates or larger_is_better(name) is None:
            raise PipelineError(
                "this metric of the whole is not measured, or its direction is not known",
                received=name,
                expected=f"Choose with --metric. {suggestion(name, candidates)}",
            )
    return name


def _prepare_process(configs: Sequence[ExperimentConfig]) -> None:
    from pipeline.models import backend

    backend.load()
    from pipeline.training import process

    # The threads must be set before TensorFlow starts, and testing a finished run starts it.
    process.pin(threads=configs[0].training.threads)


def _seeds(one: Contender, other: Contender, budget: int) -> list[int]:
    """The seeds that both series already have, in their order, then the smallest others from 1.

    The order does not depend on the results.
    """
    series = [contender.groups.get("seeds") for contender in (one, other)]
    first, second = ({} if group is None else group.values for group in series)
    trained = [int(seed) for seed in first if seed in second]
    others = [seed for seed in range(1, budget + len(trained) + 1) if seed not in trained]
    return [*trained, *others][:budget]


def _run(
    config: ExperimentConfig, seed: int, tags: Mapping[str, str], interruption: Interruption
) -> dict[str, Any]:
    return train_and_test(
        replace(config, seed=seed),
        PREPARED,
        purpose="compare",
        tags=tags,
        interruption=interruption,
    )


def _standing(runs: Mapping[str, Sequence[Mapping[str, Any]]], metric: str) -> Standing:
    return sequence.standing(*_values(runs, metric))


def _values(runs: Mapping[str, Sequence[Mapping[str, Any]]], metric: str) -> Iterator[list[float]]:
    for of in runs.values():
        if missing := [run["test"] for run in of if metric not in run["test"]]:
            raise PipelineError(
                "a training has no value of this metric",
                received=metric,
                expected=f"Choose with --metric. {suggestion(metric, missing[0])}",
            )
        yield [run["test"][metric] for run in of]


def _in_words(
    runs: Mapping[str, Sequence[Mapping[str, Any]]], metric: str, standing: Standing
) -> str:
    last = ", ".join(f"{name} {of[-1]['test'][metric]:.4f}" for name, of in runs.items())
    mean = f"mean difference {standing.difference:+.4f}"
    if standing.interval is None:
        return f"{metric}: {last}; {mean}, still open"
    low, high = standing.interval
    verdict = "decided" if standing.decides else "not decided"
    return f"{metric}: {last}; {mean} [{low:+.4f}, {high:+.4f}], {verdict}"


def _part(
    one: str,
    other: str,
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    metric: str,
    larger: bool,
    standings: Sequence[Standing],
) -> Part:
    last = standings[-1]
    values = {
        name: Value(sum(of) / len(of), samples=of)
        for name, of in zip(runs, _values(runs, metric), strict=True)
    }
    p = min(1.0, *(1 / standing.e for standing in standings))
    low, high = last.interval or (None, None)
    better = (one if (last.difference > 0) == larger else other) if last.decides else ""
    path = [
        {"seeds": each.seeds, "difference": each.difference, "interval": each.interval, "e": each.e}
        for each in standings
    ]
    pair = Pair(
        one,
        other,
        last.difference,
        low,
        high,
        p,
        adjusted_p=p,
        better=better,
        facts={"path": path},
        remarks=[] if last.decides else ["a larger --budget continues"],
    )
    return Part(
        over=UNTIL_DECIDED,
        about=f"{last.seeds} seeds of each, one by one, on the same test rows",
        test="a confidence sequence; it holds at whatever seed it stops",
        measured=[Measured(metric, larger, values, [pair])],
    )
