"""Trains one configuration and tests it, for commands that train an experiment several times.

It opens the test split.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import load_meta
from pipeline.signals import Interruption


def train_and_test(
    config: ExperimentConfig,
    prepared: Path,
    *,
    purpose: str,
    tags: Mapping[str, str],
    interruption: Interruption,
) -> dict[str, Any]:
    """Trains a configuration, unless its run is finished, and tests the saved weights.

    Args:
        prepared: the folder of prepared data variants.
        purpose: the command, for the ledger of looks.
        tags: for the run.

    Returns:
        The `run_id` and `fingerprint`, the number of `rows` of each split, the digest `truth` of
        the test rows, and the main `test` metrics by name.
    """
    from pipeline import experiment
    from pipeline.evaluation import looks
    from pipeline.evaluation.scoring import Scorer, defined, limits, measures
    from pipeline.evaluation.test_split import digests, open_test_split, truth_of
    from pipeline.models import saved
    from pipeline.runs import model_card
    from pipeline.runs.result import MODEL, saved_step
    from pipeline.tracking import stores
    from pipeline.tracking.evaluation import log_looks, log_test_metrics

    data = prepared / config.data.name
    meta = load_meta(data)
    with TemporaryDirectory() as folder:
        output = Path(folder)
        result = experiment.run(
            config, prepared=prepared, output=output, interruption=interruption, tags=tags
        )
        step = saved_step(output)
        model = saved.load(output / MODEL)
        card = model_card.read(output / MODEL)
    measured = measures(
        meta, result.history, gives_probabilities=card.gives_probabilities
    ).of_the_whole
    rows = open_test_split(
        data,
        purpose=purpose,
        run_id=result.run_id,
        models=digests({step: model}),
        shown=measured.metrics,
    )
    scores = Scorer(model, meta).score(rows)
    estimates = measured.estimates(scores)
    test = defined(estimates)
    tracker = stores.load(config.tracking.store).attach(result.run_id)
    log_test_metrics(
        tracker,
        {step: test},
        saved_step=step,
        intervals=limits(estimates),
        meta=meta,
        data_folder=data,
    )
    log_looks(tracker, looks.read().standing(result.run_id, step))
    tracker.write_note()
    return {
        "run_id": result.run_id,
        "fingerprint": result.fingerprint,
        "rows": meta.rows,
        "truth": truth_of(rows, meta),
        "test": test,
    }
