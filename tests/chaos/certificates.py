"""Makes runs of different kinds again, and certifies that they have the same bits.

    python -m tests.chaos.certificates [--only NAME …]

Each kind is a real training in one project: families, optimizers, losses, engines, a dirty tree, a
trial of a sweep, a fold, the user's own Python, a killed and resumed run, and so on. All must be
certified `identical`.
"""

import argparse
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import pages
from tests.support.project import Project
from tests.support.stores import add_store

SHORT = ("training.epochs=3", "training.early_stopping=null", "tracking.log_model=false")
DATA = ("iris_setosa", "digits", "diabetes", "flats")
OWN = "my_models.py"
_TRAIN = ("python", "-m", "pipeline.train")


@dataclass(frozen=True)
class Kind:
    """A kind of run.

    Args:
        train: trains it in a project, and returns the id of the run.
        variables: of the environment in which it is made again.
    """

    name: str
    train: Callable[[Project], str]
    variables: Mapping[str, str] = field(default_factory=dict)


def trained(project: Project, *overrides: str, **variables: str) -> str:
    """Trains with these overrides. Returns the id of the run."""
    out = project.run(*_TRAIN, *SHORT, *overrides, **variables).stdout
    return str(json.loads(out.splitlines()[-1])["run_id"])


def _kind(name: str, *overrides: str, **variables: str) -> Kind:
    return Kind(name, lambda project: trained(project, *overrides, **variables))


def _stopped(project: Project) -> str:
    """A training that stops early."""
    stops = ("training.epochs=40", "training.early_stopping.patience=2")
    out = project.run(*_TRAIN, "data=diabetes", "model=mlp", "tracking.log_model=false", *stops)
    return str(json.loads(out.stdout.splitlines()[-1])["run_id"])


def _tested(project: Project) -> str:
    run_id = trained(project, "data=diabetes", "model=mlp", "training.evaluate_at=[1,5]")
    project.run("python", "-m", "pipeline.evaluate", f"run={run_id}")
    return run_id


def _stage(project: Project) -> str:
    project.run("dvc", "repro", "--quiet", "evaluate@iris_perceptron")
    return str(json.loads(project.read("outputs/iris_perceptron/run.json"))["run_id"])


def _own(project: Project) -> str:
    return trained(project, "experiment=flats_gated")


def _dirty(project: Project) -> str:
    """A change of a tracked file, and a new file that the network imports."""
    project.write("gates.py", "scale = 0.5\n")
    project.replace(
        OWN, "from keras import ops\n", "from keras import ops\nfrom gates import scale\n"
    )
    project.replace(OWN, "x * ops.tanh(x)", "scale * x * ops.tanh(x)")
    return trained(project, "experiment=flats_gated", "seed=11")


def _ignored(project: Project) -> str:
    """The network imports a file that Git ignores."""
    project.write(".gitignore", project.read(".gitignore") + "hidden.py\n")
    project.write("hidden.py", "scale = 0.25\n")
    project.replace(OWN, "from gates import scale\n", "from hidden import scale\n")
    return trained(project, "experiment=flats_gated", "seed=12")


def _latin_1(project: Project) -> str:
    """A new file with a name that is not UTF-8."""
    Path(project.folder, os.fsdecode(b"caf\xe9.txt")).write_text("a note\n", encoding="utf-8")
    return trained(project, "data=iris_setosa", "model=mlp", "seed=13")


def _sweep(project: Project) -> str:
    grid = ("data=iris_setosa", "model=mlp", "optimizer.learning_rate=0.01,0.1")
    out = project.run("python", "-m", "pipeline.sweep", *SHORT, *grid).stdout
    return str(json.loads(out.splitlines()[-1])["best"]["run_id"])


def _search(project: Project) -> str:
    project.write("conf/space/certified.yaml", "optimizer.learning_rate: {float: [0.01, 0.1]}\n")
    arguments = ("data=iris_setosa", "space=certified", "search.trials=2", *SHORT)
    out = project.run("python", "-m", "pipeline.tune", *arguments).stdout
    return str(json.loads(out.splitlines()[-1])["best"]["run_id"])


def _repeated(varied: str) -> Callable[[Project], str]:
    def train(project: Project) -> str:
        name = "diabetes_mlp"
        listed = {"data": "diabetes", varied: [3, 4] if varied != "folds" else 3}
        params = project.read("params.yaml")
        values = {"repeats": {name: listed}}
        project.write("params.yaml", _with(params, values))
        project.run("dvc", "repro", "--quiet", "compose")
        project.run("python", "-m", "pipeline.repeat", f"experiment={name}")
        series = json.loads(project.read(f"outputs/{name}/seeds.json"))["series"][varied]
        return str(list(series["runs"].values())[-1]["run_id"])

    return train


def _with(params: str, values: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump({**yaml.safe_load(params), **values}, sort_keys=False)


def _killed(project: Project) -> str:
    """A training that is killed twice, and resumed from its checkpoints."""
    overrides = ("data=digits", "model=cnn", "training.epochs=8", "checkpoint.every_seconds=0.2")
    for seconds in (2.0, 3.0):
        process = project.start(*_TRAIN, *SHORT, *overrides)
        _wait_for(project.folder / "mlruns/checkpoints", process, seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return trained(project, *overrides)


def _wait_for(folder: Path, process: "subprocess.Popen[str]", seconds: float) -> None:
    """Waits for a new checkpoint, at least for some seconds."""
    began, before = time.time(), time.monotonic()
    while process.poll() is None:
        new = [file for file in folder.glob("*/*.checkpoint") if file.stat().st_mtime > began]
        if new and time.monotonic() - before > seconds:
            return
        time.sleep(0.05)


def _started(project: Project) -> str:
    """A training that starts from the weights of another run."""
    first = trained(project, "data=diabetes", "model=mlp", "seed=21")
    return trained(project, "data=diabetes", "model=mlp", "seed=22", f"model.weights_from={first}")


def _on_a_server(project: Project) -> str:
    """A run in the store of an MLflow server. The server runs until this program ends."""
    folder = Path(tempfile.mkdtemp(prefix="server."))
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(PORT), "--workers", "1"]
    places = ["--backend-store-uri", f"sqlite:///{folder}/store.db"]
    files = ["--artifacts-destination", str(folder / "files")]
    with (folder / "log.txt").open("wb") as log:
        server = subprocess.Popen([*command, *places, *files], stdout=log, stderr=log, cwd=folder)
    atexit.register(server.terminate)
    while server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", PORT), timeout=1):
            return trained(project, "data=diabetes", "model=mlp", "seed=31", **SERVER)
        time.sleep(0.2)
    raise AssertionError((folder / "log.txt").read_text(encoding="utf-8"))


def _only_in_the_cache(project: Project) -> str:
    """A run with its data only in DVC's cache."""
    run_id = trained(project, "data=diabetes", "model=mlp", "seed=41")
    _remove_data(project, "diabetes", "diabetes")
    return run_id


def _only_in_the_remote(project: Project) -> str:
    """A run with its data only in DVC's remote."""
    run_id = trained(project, "data=iris_setosa", "model=mlp", "seed=42")
    remote = _remote(project)
    project.run("dvc", "remote", "add", "--quiet", "--default", "origin", str(remote))
    project.run("dvc", "push", "--quiet")
    project.commit()
    _remove_data(project, "iris_setosa", "iris")
    shutil.rmtree(project.folder / ".dvc/cache")
    return run_id


def _nowhere(project: Project) -> str:
    """A run with data that must be fetched again."""
    run_id = trained(project, "data=digits", "model=mlp", "seed=43")
    _remove_data(project, "digits", "digits")
    for folder in (project.folder / ".dvc/cache", _remote(project)):
        shutil.rmtree(folder, ignore_errors=True)
    return run_id


def _remote(project: Project) -> Path:
    return project.folder.with_name("remote")


def _remove_data(project: Project, variant: str, source: str) -> None:
    shutil.rmtree(project.folder / "data/prepared" / variant)
    shutil.rmtree(project.folder / "data/raw" / source)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


PORT = _free_port()
SERVER = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{PORT}"}
KINDS = [
    Kind("a stage of DVC, tested", _stage),
    Kind("a tested run with snapshots", _tested),
    _kind("linear", "data=iris_setosa", "model=linear"),
    _kind("mlp, regression", "data=diabetes", "model=mlp"),
    _kind("cnn", "data=digits", "model=cnn"),
    _kind("tabular, an ensemble", "data=flats"),
    _kind("residual network", "data=digits", "model=resnet", "training.epochs=1"),
    *(
        _kind(f"optimizer {name}", "data=diabetes", "model=mlp", f"optimizer={name}")
        for name in ("adamw", "sgd", "rmsprop", "lion", "muon", "lamb", "nadam", "adafactor")
    ),
    _kind("compiled by XLA", "data=diabetes", "model=mlp", "training.xla=true"),
    _kind("the engine of Keras", "data=diabetes", "model=mlp", "training.engine=keras"),
    _kind("one thread", "data=digits", "model=cnn", "training.threads=1"),
    _kind("three threads", "data=digits", "model=cnn", "training.threads=3"),
    _kind("bfloat16", "data=diabetes", "model=mlp", "training.precision=mixed_bfloat16"),
    _kind(
        "steps instead of epochs",
        "data=diabetes",
        "model=mlp",
        "training.steps=7",
        "training.epochs=null",
    ),
    Kind("early stopping", _stopped),
    _kind("class weights", "data=iris_setosa", "model=mlp", "training.class_weight=balanced"),
    _kind("averaged weights", "data=diabetes", "model=mlp", "optimizer.ema_momentum=0.9"),
    _kind(
        "accumulated gradients",
        "data=diabetes",
        "model=mlp",
        "optimizer.gradient_accumulation_steps=2",
    ),
    _kind("dropout", "data=diabetes", "model=mlp", "model.dropout=0.5"),
    _kind("other units", "data=diabetes", "model=mlp", "model.units=[32,16]"),
    _kind("small batches", "data=diabetes", "model=mlp", "training.batch_size=7"),
    _kind("loss huber", "data=diabetes", "model=mlp", "training.loss=huber"),
    _kind(
        "label smoothing",
        "data=digits",
        "model=mlp",
        "training.loss=categorical_crossentropy",
        "training.label_smoothing=0.1",
    ),
    _kind(
        "a variable of TensorFlow", "data=digits", "model=cnn", "seed=5", TF_ENABLE_ONEDNN_OPTS="0"
    ),
    Kind("a file with a name in Latin-1", _latin_1),
    Kind("a trial of a sweep", _sweep),
    Kind("a trial of a search", _search),
    Kind("a seed of a series", _repeated("seeds")),
    Kind("a seed of the split", _repeated("split_seeds")),
    Kind("a fold", _repeated("folds")),
    Kind("killed twice and resumed", _killed),
    Kind("weights of another run", _started),
    Kind("logged to a server", _on_a_server, SERVER),
    Kind("own Python", _own),
    # `compose` refuses the edits of the last two, because params.yaml does not list the new files.
    Kind("a dirty tree with a new module", _dirty),
    Kind("a module that Git ignores", _ignored),
    # These remove data, so they come last.
    Kind("data in DVC's cache", _only_in_the_cache),
    Kind("data in DVC's remote", _only_in_the_remote),
    Kind("data that are fetched again", _nowhere),
]


def create(folder: Path) -> Project:
    """A project with prepared data, and the files of two pages."""
    project = Project(folder)
    for page in ("your-own-csv.md", "your-own-model.md"):
        for name, text in pages.files(page).items():
            if name != "params.yaml":
                project.write(name, text)
    import yaml

    shown = yaml.safe_load(pages.files("your-own-csv.md")["params.yaml"])
    own = yaml.safe_load(pages.files("your-own-model.md")["params.yaml"])
    project.write_yaml(
        "params.yaml",
        {
            "sources": ["iris", "digits", "diabetes"],
            "own_files": shown["own_files"],
            "own_code": own["own_code"],
            "data": {
                **shown["data"],
                "iris_setosa": "iris",
                "digits": "digits",
                "diabetes": "diabetes",
            },
            "experiments": {
                "iris_perceptron": {"data": "iris_setosa"},
                "diabetes_mlp": {"data": "diabetes"},
                "flats_gated": {"data": "flats"},
            },
            "repeats": {},
            "overrides": ["training.epochs=3", "tracking.log_model=false"],
        },
    )
    project.commit()
    add_store(project.folder)
    project.run("dvc", "repro", "--quiet", *(f"prepare@{name}" for name in DATA))
    return project


def certify(project: Project, run_id: str, **variables: str) -> dict[str, Any]:
    """The last line of `pipeline.reproduce`."""
    command = ("python", "-m", "pipeline.reproduce", run_id)
    done = project.run(*command, check=False, **variables)
    if not done.stdout.strip():
        raise AssertionError(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _origin(project: Project, answer: Mapping[str, Any]) -> str:
    """Where the data of the second training came from."""
    path = project.folder / f"outputs/certificates/{answer.get('run_id')}/certificate.json"
    if not path.is_file():
        return "no certificate"
    return f"from {json.loads(path.read_text(encoding='utf-8'))['facts'].get('data', 'no data')}"


def main(arguments: list[str]) -> int:
    """Certifies each kind. Returns 1 if one is not identical."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.certificates", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", nargs="*", help="beginnings of names of kinds")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="certificates."), "project")
    folder.mkdir()
    project, identical, began = create(folder), 0, time.monotonic()
    kinds = [
        kind
        for kind in KINDS
        if options.only is None or any(kind.name.startswith(name) for name in options.only)
    ]
    for number, kind in enumerate(kinds, start=1):
        try:
            answer = certify(project, kind.train(project), **kind.variables)
        except AssertionError as error:
            answer = {"verdict": "failed", "culprits": [str(error)]}
        identical += answer["verdict"] == "identical"
        reasons = "; ".join([_origin(project, answer), *answer["culprits"]])
        print(f"{number:2d}  {kind.name}: {answer['verdict']}; {reasons}", flush=True)
    seconds = time.monotonic() - began
    print(f"{identical} of {len(kinds)} identical, {seconds:.0f} seconds")
    return int(identical < len(kinds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
