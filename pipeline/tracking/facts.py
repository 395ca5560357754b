"""Logs to MLflow what is fixed when a run begins: settings, data and patch."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Param

from pipeline.data.card import MARKDOWN
from pipeline.data.prepared import Meta
from pipeline.files import write_sealed
from pipeline.layout import RAW
from pipeline.tracking import connection, names
from pipeline.tracking.tracker import RunFacts

_PARAMS_IN_A_BATCH = 100
CONTEXT = "mlflow.data.context"  # a tag of data sets
CONTEXTS = {"train": "training", "validation": "validation", "test": "testing"}
CONTEXT_OF_RAW = "raw"
HINDSIGHT = "hindsight"  # a tag: the metrics that were added after the run, separated by commas
_LAST = names.SETTINGS
_DATASET_DIGEST = 32  # hexadecimal digits; MLflow allows 36


def log_facts(client: MlflowClient, run_id: str, facts: RunFacts, *, is_empty: bool) -> None:
    """Logs the facts that the run does not hold yet.

    `config.yaml` is written last, so a run that has it has all facts. Settings that cannot change
    the result may differ when a run resumes. The record keeps the first ones.

    Args:
        is_empty: whether the run holds nothing, so that it is not looked up.
    """
    if not is_empty and _LAST in {file.path for file in client.list_artifacts(run_id)}:
        return
    logged = {} if is_empty else client.get_run(run_id).data.params
    params = [
        Param(name, names.value(value, names.LONGEST_PARAM))
        for name, value in flattened(facts.settings).items()
        if name not in logged
    ]
    for start in range(0, len(params), _PARAMS_IN_A_BATCH):
        client.log_batch(
            run_id, params=params[start : start + _PARAMS_IN_A_BATCH], synchronous=True
        )
    for split in ("train", "validation"):  # `evaluate` adds the test split
        log_data_set(client, run_id, facts.meta, split, facts.data_folder)
    card = facts.data_folder / MARKDOWN
    if card.is_file():
        client.log_artifact(run_id, str(card))
    if facts.patch:
        _log_bytes(client, run_id, facts.patch, names.PATCH)
    for name, text in facts.files.items():
        client.log_text(run_id, text, name)
    if facts.lineage:
        log_raw_data(client, run_id, facts.lineage["raw"])
        _log_sealed(client, run_id, facts.lineage, names.LINEAGE)
    client.log_dict(run_id, facts.settings, _LAST)


def _log_bytes(client: MlflowClient, run_id: str, content: bytes, name: str) -> None:
    """Logs a file of exactly these bytes. MLflow's `log_text` would encode them again."""
    with TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(content)
        client.log_artifact(run_id, str(file))


def _log_sealed(client: MlflowClient, run_id: str, values: Mapping[str, Any], name: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, name)
        write_sealed(file, values)
        client.log_artifact(run_id, str(file))


def flattened(settings: Mapping[str, Any]) -> dict[str, str]:
    """Names settings by their path: `{"a": {"b": [1]}}` becomes `{"a.b": "[1]"}`."""
    return {
        names.setting(keys): value if isinstance(value, str) else json.dumps(value)
        for keys, value in _leaves(settings, ())
    }


def _leaves(
    settings: Mapping[str, Any], prefix: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in settings.items():
        keys = (*prefix, str(key))
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, keys)
        else:
            yield keys, value


def log_data_set(client: MlflowClient, run_id: str, meta: Meta, split: str, folder: Path) -> None:
    """Lists one split among the run's data sets, once."""
    # MLflow crashes if two runs add a data set that is new to their experiment at the same time.
    with connection.lock():
        client.log_inputs(run_id, datasets=[data_set(meta, split, folder)])


def log_raw_data(client: MlflowClient, run_id: str, raw: Mapping[str, Any]) -> None:
    """Lists the files of the source among the run's data sets, once.

    The digest is the beginning of the file's sha256, so a search by it finds every run of a file.
    """
    inputs = [
        DatasetInput(
            Dataset(
                name=f"{raw['source']}/{name}",
                digest=digest[:_DATASET_DIGEST],
                source_type="local",
                source=json.dumps({"uri": str(RAW / raw["source"] / name)}),
            ),
            tags=[InputTag(CONTEXT, CONTEXT_OF_RAW)],
        )
        for name, digest in raw["digests"].items()
    ]
    with connection.lock():
        client.log_inputs(run_id, datasets=inputs)


def data_set(meta: Meta, split: str, folder: Path) -> DatasetInput:
    """Describes one split to MLflow. Its digest identifies it."""
    targets = [-1, len(meta.several)] if meta.several else [-1]
    shapes = {
        "features": [
            {"type": "tensor", "tensor-spec": {"dtype": meta.dtype, "shape": [-1, *meta.shape]}}
        ],
        "targets": [
            {"type": "tensor", "tensor-spec": {"dtype": _target_dtype(meta), "shape": targets}}
        ],
    }
    entity = Dataset(
        name=f"{meta.name}/{split}",
        digest=meta.digests[split],
        source_type="local",
        source=json.dumps({"uri": str(folder / split)}),
        schema=json.dumps(
            {"mlflow_tensorspec": {key: json.dumps(value) for key, value in shapes.items()}}
        ),
        profile=json.dumps({"num_rows": meta.rows[split]}),
    )
    return DatasetInput(entity, tags=[InputTag(CONTEXT, CONTEXTS[split])])


def _target_dtype(meta: Meta) -> str:
    return "float32" if meta.task == "regression" else "int32"
