"""Measures predictions: one row, a batch, and the memory for a large CSV file.

    python -m tests.benchmarks.serving

`make bench` runs it last. The same saved model, which is not trained, answers in four ways: by our
predictor, by Keras's `predict`, by calling the Keras model, and by `mlflow models serve` over HTTP.
The ways take turns. So a change in the machine's speed affects all of them.
"""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from pipeline.data.prepared import CategoricalFeature, Meta, NumericFeature
from pipeline.models import backend

_ROUNDS, _ROWS_IN_A_ROUND, _BATCHES_IN_A_ROUND = 10, 20, 2
_BATCH = 500
_LARGE = (100_000, 1_000_000)
_PATIENCE = 120  # seconds for the server to start
# Runs a command and prints its peak memory in KiB. Linux counts the memory of the process that
# starts a command as the command's own, so a small process has to start it.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
_DISTRICTS = ("Old Town", "Station", "Harbour")


@dataclass(frozen=True)
class Case:
    """A model and rows for it.

    Args:
        network: the units of its dense layers.
        rows: makes that many rows, as our predictor takes them.
        inputs: the same rows as the Keras model takes them.
        request: the same rows as the body of an HTTP request.
    """

    meta: Meta
    network: list[int]
    rows: Callable[[int], Any]
    inputs: Callable[[Any], Any]
    request: Callable[[Any], bytes]


def cases() -> dict[str, Case]:
    from tests.support.metas import images, plain, table

    numbers = [
        NumericFeature(f"x{number}", [f"x{number}"], missing=0.0, mean=0.0, scale=1.0)
        for number in range(8)
    ]
    texts = [CategoricalFeature("district", ["", *_DISTRICTS])]
    features = plain(numbers, texts)
    columns = [f"p{number}" for number in range(784)]
    classes = list("0123456789")
    return {
        "image, 28 by 28": Case(
            images(shape=[28, 28, 1], classes=classes, pixel_columns=columns),
            [300, 100],
            _images,
            lambda rows: rows,
            lambda rows: json.dumps({"inputs": rows.tolist()}).encode(),
        ),
        "table, 8 numbers and a text": Case(
            table(shape=[len(features.features)], table=features, classes=None, task="regression"),
            [64, 32],
            _table,
            _tensors,
            _in_json,
        ),
    }


def _images(count: int) -> Any:
    return np.random.default_rng(1).integers(0, 256, (count, 28, 28, 1), np.uint8)


def _table(count: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    numbers = {f"x{number}": random.normal(size=count) for number in range(8)}
    return pd.DataFrame(numbers | {"district": random.choice(_DISTRICTS, count)})


def _tensors(rows: pd.DataFrame) -> dict[str, Any]:
    import tensorflow as tf

    return {
        name: tf.constant(rows[name].to_list(), tf.string if name == "district" else tf.float64)[
            :, None
        ]
        for name in rows.columns
    }


def _in_json(rows: pd.DataFrame) -> bytes:
    return json.dumps({"dataframe_split": rows.to_dict("split", index=False)}).encode()


def write_model(case: Case) -> str:
    """Logs the model to the store of the current folder, and returns its URI."""
    from pipeline.models import families, serving
    from pipeline.models.families.mlp import Mlp
    from pipeline.runs import result
    from pipeline.runs.model_card import ModelCard
    from pipeline.tracking.logged_models import model_id
    from pipeline.tracking.stores.mlflow import STORE
    from pipeline.tracking.tracker import RunFacts
    from tests.support.results import write_history

    facts = RunFacts("benchmark", {}, {}, case.meta, Path("data"))
    with STORE.open_run(facts, new=True) as tracker:
        network = families.build(Mlp(units=case.network), case.meta, seed=1)
        card = ModelCard.of(
            case.meta, experiment="benchmark", run_id=tracker.run_id, run_key="k", step=1
        )
        result.save_model(serving.serve(network, case.meta), Path("model.keras"), card)
        Path("model.json").write_text(card.text(), encoding="utf-8")
        write_history(Path(), step=1, loss=0.5)
        tracker.log_model(Path(), step=1)
    return f"models:/{model_id(tracker.run_id)}"


@contextlib.contextmanager
def served(uri: str) -> Iterator[http.client.HTTPConnection]:
    """A connection to MLflow's server with this model."""
    from tests.support.loopback import free_port

    port = free_port()
    command = ["mlflow", "models", "serve", "-m", uri, "--env-manager", "local"]
    server = subprocess.Popen(
        [*command, "--port", str(port)],
        env=os.environ
        | {"MLFLOW_TRACKING_URI": "sqlite:///mlruns/mlflow.db"}
        | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        _wait(connection)
        yield connection
    finally:
        for child in psutil.Process(server.pid).children(recursive=True):
            child.kill()
        server.kill()
        server.wait()


def _wait(connection: http.client.HTTPConnection) -> None:
    limit = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.request("GET", "/ping")
            connection.getresponse().read()
        except OSError:
            connection.close()
            if time.monotonic() > limit:
                raise SystemExit("mlflow models serve has not started") from None
            time.sleep(0.5)
        else:
            return


def ways(case: Case, connection: http.client.HTTPConnection) -> dict[str, Callable[[Any], Any]]:
    """The ways to answer. Each takes what `prepared` makes for it."""
    import keras

    from pipeline.serving import loading

    ours = loading.load("model.keras")
    whole = keras.saving.load_model("model.keras", compile=False)

    def asked(body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        try:
            connection.request("POST", "/invocations", body, headers)
            response = connection.getresponse()
        except (BrokenPipeError, http.client.RemoteDisconnected):
            connection.close()  # the server ends a connection that was idle for five seconds
            connection.request("POST", "/invocations", body, headers)
            response = connection.getresponse()
        if response.status != 200:
            raise SystemExit(response.read().decode()[:500])
        response.read()

    return {
        "our predictor": ours.predict,
        "Keras `predict`": lambda inputs: whole.predict(inputs, verbose=0),
        "Keras `model(x)`": lambda inputs: np.asarray(whole(inputs)),
        "`mlflow models serve`": asked,
    }


def prepared(case: Case, way: str, rows: Any) -> Any:
    """Rows as a way takes them."""
    if way == "our predictor":
        return rows
    return case.request(rows) if "mlflow" in way else case.inputs(rows)


def timed(answer: Callable[[Any], Any], rows: Any, count: int) -> list[float]:
    """The seconds of each call. A first one is not measured, because others took turns before."""
    answer(rows)
    seconds = []
    for _ in range(count):
        began = time.perf_counter()
        answer(rows)
        seconds.append(time.perf_counter() - began)
    return seconds


def measured(case: Case, uri: str) -> dict[str, tuple[list[float], list[float]]]:
    """By way, the seconds of single rows and of batches."""
    single, batch = case.rows(1), case.rows(_BATCH)
    with served(uri) as connection:
        answers = ways(case, connection)
        inputs = {way: [prepared(case, way, rows) for rows in (single, batch)] for way in answers}
        for way, answer in answers.items():
            for rows in inputs[way]:
                timed(answer, rows, 3)  # compiles
        seconds: dict[str, tuple[list[float], list[float]]] = {way: ([], []) for way in answers}
        for _ in range(_ROUNDS):
            for way, answer in answers.items():
                seconds[way][0].extend(timed(answer, inputs[way][0], _ROWS_IN_A_ROUND))
                seconds[way][1].extend(timed(answer, inputs[way][1], _BATCHES_IN_A_ROUND))
    return seconds


def show(name: str, seconds: dict[str, tuple[list[float], list[float]]]) -> None:
    """Prints a row of the table for each way."""
    p50_of_ours = float(np.median(seconds["our predictor"][0]))
    rate_of_ours = _BATCH / float(np.median(seconds["our predictor"][1]))
    for way, (single, batch) in seconds.items():
        p50, p99 = np.percentile(single, [50, 99]) * 1000
        rate = _BATCH / float(np.median(batch))
        print(
            f"| {name} | {way} | {p50:.1f} ms | {p99:.1f} ms | {p50 / 1000 / p50_of_ours:.2g} "
            f"| {rate:,.0f} | {rate / rate_of_ours:.2g} |"
        )


def memory(sizes: Sequence[int]) -> None:
    """Prints the time and the peak memory of `pipeline.predict` for CSV files of the table."""
    print("\n| rows of the CSV file | time | peak memory |\n|--:|--:|--:|")
    for rows in sizes:
        _table(rows).to_csv("rows.csv", index=False)
        began = time.perf_counter()
        command = [sys.executable, "-m", "pipeline.predict", "model.keras", "rows.csv"]
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, *command, "-o", "answers.csv"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        took = time.perf_counter() - began
        print(f"| {rows:,} | {took:.0f} s | {int(done.stdout) / 1024:,.0f} MiB |")


def main() -> int:
    """Measures both cases, and then the memory."""
    backend.load()
    os.environ["PYTHONPATH"] = str(Path().resolve())
    print(
        "| model | way | one row, p50 | p99 | p50 / ours | batch, rows/s | rows/s / ours |\n"
        "|---|---|--:|--:|--:|--:|--:|"
    )
    with (
        tempfile.TemporaryDirectory(prefix="serving_benchmark.") as home,
        contextlib.chdir(home),
    ):
        for name, case in cases().items():
            show(name, measured(case, write_model(case)))
        memory(_LARGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
