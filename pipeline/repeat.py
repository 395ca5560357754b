"""Trains an experiment several times, to show how its test metrics vary.

    python -m pipeline.repeat diabetes_mlp

params.yaml lists what varies: seeds of the training, seeds of the split, or the folds of a
cross-validation. Each training is an MLflow run of its own. Repeat the command after an
interruption: finished runs are not trained again, and an interrupted one resumes.

Each split is prepared from data/raw/<source> into a temporary folder next to the prepared data,
and deleted after its training. The run key holds the digests of its rows.

Writes outputs/<experiment>/seeds.json: for each series, the test metrics of each run, their means
and standard deviations, and over splits the 95 % intervals of the means. It also holds the digests
of the settings and data, so that the report can check whether they are those of the experiment.

The last lines say the result and what to do next. With --json, or if stdout is not a terminal,
stdout gets one JSON object {experiment, series, file} instead.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.command_line import arguments, experiment_name, without_json
from pipeline.config.repeats import FOLDS, SEEDS, SPLIT_SEEDS, Repeats, description
from pipeline.console import answer, log, say_loading
from pipeline.errors import PipelineError, suggestion
from pipeline.layout import CONFIGS, OUTPUTS, PREPARED, RAW
from pipeline.preloading import stages
from pipeline.signals import Interruption, end_with_parent

if TYPE_CHECKING:
    from pipeline.config.experiment import ExperimentConfig
    from pipeline.data.prepared import Meta

_NAMES = {FOLDS: "fold", SPLIT_SEEDS: "seed of the split", SEEDS: "seed"}


def main() -> None:
    """Reads the command line and repeats."""
    received, as_json = without_json(arguments(__doc__))
    name = experiment_name(received)
    say_loading()
    interruption = Interruption()
    with interruption.handling():
        if "DVC_STAGE" in os.environ:
            end_with_parent(os.getppid())
        series = repeat(name, interruption)
    values = {
        "experiment": name,
        "series": {varied: _without_runs(summary) for varied, summary in series.items()},
        "file": str(OUTPUTS / name / "seeds.json"),
    }
    words = [f"{name}: {_in_words(summary)}" for summary in series.values()]
    answer(values, words, next_command=f"python -m pipeline.report {name}", as_json=as_json)


def _without_runs(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key != "runs"}


def repeat(name: str, interruption: Interruption) -> dict[str, dict[str, Any]]:
    """Trains and tests each series, writes the results, and returns them."""
    from pipeline.config import params, resolved, resolved_file
    from pipeline.config.variations import configurations
    from pipeline.data.prepared import load_meta
    from pipeline.evaluation import series_record
    from pipeline.training import memory

    listed = params.read().repeats
    if name not in listed:
        raise PipelineError(
            "params.yaml does not list this experiment under repeats",
            received=name,
            expected=suggestion(name, listed),
        )
    config = resolved.read(CONFIGS / f"{name}.yaml")
    meta = load_meta(PREPARED / config.data.name)
    _require_splits(listed[name], config, meta)
    memory.require_enough(config, meta)
    from pipeline.models import backend

    backend.load()
    from pipeline.training import process

    # The threads must be set before TensorFlow starts, and testing a finished run starts it.
    process.pin(threads=config.training.threads)
    series = {
        varied: _series(varied, variants, interruption)
        for varied, variants in configurations(config, listed[name]).items()
    }
    settings = resolved_file.read(CONFIGS / f"{name}.yaml")
    series_record.write(OUTPUTS / name, series, settings, meta)
    _record(config, series)
    return series


def _require_splits(repeats: Repeats, config: "ExperimentConfig", meta: "Meta") -> None:
    """Checks that splits can vary, and that the source is the one that was prepared."""
    from pipeline.config.variations import require_drawn_splits
    from pipeline.data.preparing.temporary import require_same_source
    from pipeline.data.raw import open_raw

    require_drawn_splits({config.name: repeats}, {config.name: config.data})
    if not set(repeats.values) - {SEEDS}:
        return
    raw = open_raw(RAW / config.data.source)
    require_same_source(raw, meta)
    if raw.test is not None:
        raise PipelineError(
            f"the source {raw.folder.name} has its own test split, so all splits would have the "
            "same test rows",
            received=" and ".join(set(repeats.values) - {SEEDS}),
            expected=f"List seeds only, in repeats.{config.name} of params.yaml",
        )


def _series(
    varied: str, variants: "Mapping[int, ExperimentConfig]", interruption: Interruption
) -> dict[str, Any]:
    """Trains and tests the configurations of one series."""
    from pipeline.data.preparing.temporary import temporary_splits
    from pipeline.evaluation import series
    from pipeline.tested_training import train_and_test

    what = description(varied, len(variants))
    runs: dict[str, dict[str, Any]] = {}
    for number, (value, config) in enumerate(variants.items(), start=1):
        log(f"{config.name}: {what}, {number} of {len(variants)}: {_NAMES[varied]} {value}")
        with temporary_splits() as prepare_split:  # the disk holds one split at a time
            prepared = PREPARED if varied == SEEDS else prepare_split(config.data)
            runs[str(value)] = train_and_test(
                config,
                prepared,
                purpose="repeat",
                tags={f"repeat.{varied}": what},
                interruption=interruption,
            )
    tests = [run["test"] for run in runs.values()]
    if varied == SEEDS:
        summary = series.over_seeds(tests)
    else:
        ratios = [run["rows"]["test"] / run["rows"]["train"] for run in runs.values()]
        summary = series.over_splits(tests, ratio=sum(ratios) / len(ratios))
    return {"description": what, "runs": runs, **summary}


def _record(config: "ExperimentConfig", series: Mapping[str, Mapping[str, Any]]) -> None:
    """Tags each run with the summary of its series, and writes the records for DVC."""
    from pipeline.tracking import carrying, stores

    store = stores.load(config.tracking.store)
    for varied, summary in series.items():
        for run in summary["runs"].values():
            tracker = store.attach(run["run_id"])
            tracker.set_tag(f"repeat.{varied}", _in_words(summary))
            tracker.write_note()
    store.write_page(config.name)
    run_ids = [run["run_id"] for summary in series.values() for run in summary["runs"].values()]
    carrying.carry(OUTPUTS / config.name, carrying.REPEAT, run_ids, store=config.tracking.store)


def _in_words(summary: Mapping[str, Any]) -> str:
    """`12 splits: mean r2 0.4220 [0.3443, 0.4997], …`, with the 95 % interval.

    Over seeds of one split: `5 seeds of one split: mean r2 0.5012 (sd 0.0124), …`
    """
    means = ", ".join(
        f"{name} {mean:.4f} {_spread(summary, name)}" for name, mean in summary["mean"].items()
    )
    return f"{summary['description']}: mean {means}"


def _spread(summary: Mapping[str, Any], name: str) -> str:
    if "low" not in summary:
        return f"(sd {summary['sd'][name]:.4f})"
    return f"[{summary['low'][name]:.4f}, {summary['high'][name]:.4f}]"


if __name__ == "__main__":
    stages.run_command(main)
