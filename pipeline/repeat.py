"""Trains an experiment with several seeds, to show how its test metrics vary.

    python -m pipeline.repeat experiment=digits_cnn

params.yaml lists the seeds. All trainings use the same split of the data. Each seed is an MLflow
run of its own. Repeat the command after an interruption: finished runs are not trained again, and
an interrupted one resumes.

Writes outputs/<experiment>/seeds.json: the test metrics of each seed, their means, and the 95 %
intervals of the means. It also holds the digests of the settings and data, so that the report can
tell whether they are those of the experiment.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.command_line import experiment_name, run_command
from pipeline.config import params, resolved, resolved_file
from pipeline.config.experiment import ExperimentConfig
from pipeline.console import log
from pipeline.data.prepared import load_meta, load_split
from pipeline.errors import PipelineError, suggestion
from pipeline.files import write_sealed
from pipeline.layout import CONFIGS, OUTPUTS, PREPARED
from pipeline.signals import Interruption, end_with_parent
from pipeline.training import memory


def main() -> None:
    """Reads the command line and repeats."""
    name = experiment_name(__doc__)
    interruption = Interruption()
    with interruption.handling():
        if "DVC_STAGE" in os.environ:
            end_with_parent(os.getppid())
        repeat(name, interruption)


def repeat(name: str, interruption: Interruption) -> None:
    """Trains and tests each seed, writes the results, and logs their means."""
    seeds_of = params.read().repeats
    if name not in seeds_of:
        raise PipelineError(
            "params.yaml lists no seeds for this experiment under repeats",
            received=name,
            expected=suggestion(name, seeds_of),
        )
    seeds = seeds_of[name]
    config = resolved.read(CONFIGS / f"{name}.yaml")
    memory.require_enough(config, load_meta(PREPARED / config.data.name))
    from pipeline.models import backend

    backend.load()
    from pipeline.evaluation import over_seeds
    from pipeline.training import process

    # The test of a finished run starts TensorFlow, and a later seed may still have to train.
    process.pin(threads=config.training.threads)
    results: dict[str, Any] = {}
    for number, seed in enumerate(seeds, start=1):
        log(f"{name}: seed {seed}, {number} of {len(seeds)}")
        results[str(seed)] = _run(replace(config, seed=seed), interruption)
    summary = over_seeds.summary([result["test"] for result in results.values()])
    origin = {
        "settings": resolved_file.read(CONFIGS / f"{name}.yaml").digest_without_seed,
        "data": load_meta(PREPARED / config.data.name).identity,
    }
    write_sealed(OUTPUTS / name / "seeds.json", {"seeds": results, **origin, **summary})
    log(f"{name}: mean over {len(seeds)} seeds [95 % interval]: {_in_words(summary)}")


def _run(config: ExperimentConfig, interruption: Interruption) -> dict[str, Any]:
    """Trains one seed, unless its run is finished, and tests the saved weights."""
    import keras

    from pipeline import experiment
    from pipeline.evaluation.scoring import defined, limits, measures, score
    from pipeline.runs import model_card
    from pipeline.runs.result import MODEL, saved_step
    from pipeline.tracking import stores
    from pipeline.tracking.evaluation import log_test_metrics

    data = PREPARED / config.data.name
    meta = load_meta(data)
    with TemporaryDirectory() as folder:
        output = Path(folder)
        result = experiment.run(config, output=output, interruption=interruption)
        step = saved_step(output)
        model = keras.saving.load_model(output / MODEL, compile=False)
        card = model_card.read(output / MODEL)
    measured = measures(meta, result.history, gives_probabilities=card.gives_probabilities)
    scores = score(model, load_split(data, "test"), meta)
    estimates = measured.of_the_whole.estimates(scores)
    test = defined(estimates)
    log_test_metrics(
        stores.load(config.tracking.store).attach(result.run_id),
        {step: test},
        saved_step=step,
        intervals=limits(estimates),
        meta=meta,
        data_folder=data,
    )
    return {"run_id": result.run_id, "fingerprint": result.fingerprint, "test": test}


def _in_words(summary: Mapping[str, Mapping[str, float]]) -> str:
    """`accuracy 0.9742 [0.9701, 0.9783], log_loss …`"""
    return ", ".join(
        f"{name} {mean:.4f} [{summary['low'][name]:.4f}, {summary['high'][name]:.4f}]"
        for name, mean in summary["mean"].items()
    )


if __name__ == "__main__":
    run_command(main)
