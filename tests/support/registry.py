"""Runs in a real store with a tested, logged model that no training made.

Call the functions in a folder with a store that is the current one.
"""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.data.prepared import Meta
from pipeline.evaluation import predictions, record
from pipeline.files import digests_below, write_json
from pipeline.layout import EVALUATED_RUNS, mlruns
from pipeline.models import families, serving
from pipeline.models.families.linear import Linear
from pipeline.models.scores import Scores
from pipeline.runs import result
from pipeline.runs.model_card import ModelCard
from pipeline.runs.record import RunRecord
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import RunFacts
from tests.support.compared import write_run
from tests.support.metas import images
from tests.support.results import write_history


def add_run(
    experiment: str,
    scores: Scores | None,
    *,
    parameters: int = 1234,
    truth: str = "t",
    logs_model: bool = True,
    meta: Meta | None = None,
) -> str:
    """Adds a run, and returns its id.

    Args:
        scores: of its test split; None if it was not tested.
        truth: identifies the test rows.
        meta: of images; by default of images without data.
        logs_model: as the setting `tracking.log_model`. The files are in the project in any case.
    """
    meta = meta or images()
    tags = {"experiment": experiment, "run_key": f"{experiment}-{truth}", "fingerprint": "f"}
    tags |= {"data": meta.name, "data.digest.test": meta.digests["test"]}
    facts = RunFacts(experiment, {}, tags, meta, Path("data"), lineage=_lineage())
    with STORE.open_run(facts, new=True) as tracker:
        folder = mlruns() / "checkpoints" / tags["run_key"] / "result"
        _write_result(folder, experiment, tracker.run_id, meta)
        if logs_model:
            tracker.log_model(folder, step=1)
    if scores is not None:
        write_run(tracker.run_id, scores, truth=truth)
        output = EVALUATED_RUNS / tracker.run_id
        values: dict[str, Any] = json.loads((output / record.METRICS).read_text())
        write_json(output / record.METRICS, values | {"parameters": parameters})
        attached = STORE.attach(tracker.run_id)
        for name in (record.METRICS, predictions.FILE):
            attached.log_file(output / name)
    return tracker.run_id


def _lineage() -> dict[str, Any]:
    return {"raw": {"source": "shapes", "digests": {"data.csv": "5" * 64}}}


def _write_result(folder: Path, experiment: str, run_id: str, meta: Meta) -> None:
    folder.mkdir(parents=True)
    card = ModelCard.of(meta, experiment=experiment, run_id=run_id, run_key="k", step=1)
    (folder / result.MODEL).write_bytes(_bytes_of_a_model())
    card.add_to(folder / result.MODEL)
    (folder / "model.json").write_text(card.text(), encoding="utf-8")
    write_history(folder, step=1, loss=0.5)
    write_json(folder / result.INDEX, {"final": 1, "steps": []})
    ids = {"run_id": run_id, "run_key": "k", "fingerprint": "f"}
    files = digests_below(folder)
    RunRecord(**ids, settings="", data={}, environment={}, cpus=[], files=files).write(folder)


@cache
def _bytes_of_a_model() -> bytes:
    """A network that is not trained. To build it for each run would take longer than all else."""
    meta = images()
    with TemporaryDirectory() as folder:
        path = Path(folder) / result.MODEL
        serving.serve(families.build(Linear(), meta, seed=1), meta).save(path)
        return path.read_bytes()
