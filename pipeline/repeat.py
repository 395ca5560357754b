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
"""

import os
from collections.abc import Mapping
from typing import Any

from pipeline.command_line import experiment_name
from pipeline.config import params, resolved, resolved_file
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.repeats import FOLDS, SEEDS, SPLIT_SEEDS, Repeats, description
from pipeline.config.variations import configurations, require_drawn_splits
from pipeline.console import log
from pipeline.data.prepared import Meta, load_meta
from pipeline.data.preparing.temporary import require_same_source, temporary_splits
from pipeline.data.raw import open_raw
from pipeline.errors import PipelineError, suggestion
from pipeline.evaluation import series_record
from pipeline.layout import CONFIGS, OUTPUTS, PREPARED, RAW
from pipeline.preloading import stages
from pipeline.signals import Interruption, end_with_parent
from pipeline.tested_training import train_and_test
from pipeline.training import memory

_NAMES = {FOLDS: "fold", SPLIT_SEEDS: "seed of the split", SEEDS: "seed"}


def main() -> None:
    """Reads the command line and repeats."""
    name = experiment_name(__doc__)
    interruption = Interruption()
    with interruption.handling():
        if "DVC_STAGE" in os.environ:
            end_with_parent(os.getppid())
        repeat(name, interruption)


def repeat(name: str, interruption: Interruption) -> None:
    """Trains and tests each series, writes the results, and logs their means."""
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

    # The test of a finished run starts TensorFlow, and a later one may still have to train.
    process.pin(threads=config.training.threads)
    series = {
        varied: _series(varied, variants, interruption)
        for varied, variants in configurations(config, listed[name]).items()
    }
    settings = resolved_file.read(CONFIGS / f"{name}.yaml")
    series_record.write(OUTPUTS / name, series, settings, meta)
    _record(config, series)
    for summary in series.values():
        log(f"{name}: {_in_words(summary)}")


def _require_splits(repeats: Repeats, config: ExperimentConfig, meta: Meta) -> None:
    """Checks that splits can vary, and that the source is the one that was prepared."""
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
    varied: str, variants: Mapping[int, ExperimentConfig], interruption: Interruption
) -> dict[str, Any]:
    """Trains and tests the configurations of one series."""
    from pipeline.evaluation import series

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


def _record(config: ExperimentConfig, series: Mapping[str, Mapping[str, Any]]) -> None:
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
