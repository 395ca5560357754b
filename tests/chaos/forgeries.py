"""Changes one thing of a finished run or of what it was made from, and asks who is to blame.

    python -m tests.chaos.forgeries [--only NAME …]

Each forgery is one byte of the data, of the code, of a setting, of a version, of a checkpoint or of
a figure. `pipeline.reproduce` must not say `identical`, and must name what was changed.
"""

import argparse
import json
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.certificates import SHORT, certify, create, trained
from tests.support.project import Project

CSV = "secret.csv"  # a file of the user's that Git does not know


@dataclass(frozen=True)
class Case:
    """A project with a finished run that a forgery may change."""

    project: Project
    run_id: str

    @property
    def store(self) -> Path:
        return self.project.folder / "mlruns/mlflow.db"

    def execute(self, statement: str) -> None:
        """Changes one row of the store."""
        with closing(sqlite3.connect(self.store)) as store, store:
            count = store.execute(statement.format(run=self.run_id)).rowcount
        assert count == 1, statement

    def artifact(self, name: str) -> Path:
        [path] = (self.project.folder / "mlruns").rglob(f"{self.run_id}/artifacts/{name}")
        return path

    @property
    def result(self) -> Path:
        [file] = [
            file
            for file in (self.project.folder / "mlruns/checkpoints").glob("*/result/run.json")
            if json.loads(file.read_text())["run_id"] == self.run_id
        ]
        return file.parent

    def replace(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text, (path, old)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def flip(self, path: Path, place: float = 0.5) -> None:
        """Changes a bit of the byte at a share of the file."""
        content = bytearray(path.read_bytes())
        content[int(len(content) * place)] ^= 1
        path.chmod(0o644)
        path.write_bytes(content)

    def seal(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Changes the lineage, and seals it again as its program would."""
        from pipeline.files import read_sealed, write_sealed

        path = self.artifact("lineage.json")
        values = read_sealed(path, made_by="a test")
        change(values)
        write_sealed(path, values)


@dataclass(frozen=True)
class Forgery:
    """One change, and the word by which the certificate must name it."""

    name: str
    change: Callable[[Case], None]
    named: str
    case: str = "plain"
    arguments: tuple[str, ...] = ()


def _metric(key: str, step: int, change: str = "value = value * 1.0001") -> Callable[[Case], None]:
    where = f"WHERE run_uuid = '{{run}}' AND key = '{key}' AND step = {step}"
    return lambda case: case.execute(f"UPDATE metrics SET {change} {where}")


def _table(statement: str) -> Callable[[Case], None]:
    return lambda case: case.execute(statement)


def _setting(old: str, new: str) -> Callable[[Case], None]:
    return lambda case: case.replace(case.artifact("config.yaml"), old, new)


def _identity(*keys: str, value: Any) -> Callable[[Case], None]:
    def change(values: dict[str, Any]) -> None:
        inner = values["identity"]
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value

    return lambda case: case.seal(change)


def _other_data(place: int) -> Callable[[Case], None]:
    """Changes a digit of the only copy of the data, and prepares it again."""

    def change(case: Case) -> None:
        folder = case.project.folder
        lines = (folder / CSV).read_text().splitlines(keepends=True)
        digit = lines[place][0]
        lines[place] = str((int(digit) + 1) % 10) + lines[place][1:]
        (folder / CSV).write_text("".join(lines))
        shutil.rmtree(folder / ".dvc/cache", ignore_errors=True)
        shutil.rmtree(folder / "data/raw/secret")
        shutil.rmtree(folder / "data/prepared/secret")
        case.project.run("python", "-m", "pipeline.fetch", "source=secret")
        case.project.run("python", "-m", "pipeline.prepare", "data=secret")

    return change


def _other_code(module: str, old: str, new: str) -> Callable[[Case], None]:
    return lambda case: case.replace(case.project.folder / module, old, new)


def _patch(case: Case) -> None:
    case.replace(case.artifact("diff.patch"), "scale * x", "scale + x")


def _nothing(case: Case) -> None:
    """The run itself is forged; see `CASES`."""
    assert case.run_id


FORGERIES = [
    Forgery("a point of the history", _metric("validation/loss", 9), "validation/loss"),
    Forgery("a point of the training loss", _metric("train/loss", 18), "train/loss"),
    Forgery("a learning rate", _metric("learning_rate", 9), "learning_rate"),
    Forgery(
        "a deleted point",
        _table("DELETE FROM metrics WHERE run_uuid = '{run}' AND key = 'train/loss' AND step = 9"),
        "train/loss at step 9",
    ),
    Forgery("a test metric", _metric("test/r2", 27), "test/r2", "tested"),
    Forgery("a metric of a baseline", _metric("test/baseline/linear/r2", 27), "baseline", "tested"),
    Forgery(
        "the latest value of a metric",
        _table(
            "UPDATE latest_metrics SET value = 0 WHERE run_uuid = '{run}' AND key = 'train/loss'"
        ),
        "latest value of train/loss",
    ),
    Forgery(
        "a parameter in the store",
        _table(
            "UPDATE params SET value = '0.5' WHERE run_uuid = '{run}'"
            " AND key = 'optimizer.learning_rate'"
        ),
        "optimizer.learning_rate",
    ),
    Forgery(
        "the fingerprint",
        _table(
            "UPDATE tags SET value = 'f' || substr(value, 2) || 'f' WHERE run_uuid = '{run}'"
            " AND key = 'fingerprint'"
        ),
        "fingerprint",
    ),
    Forgery(
        "the digest of the data in a tag",
        _table(
            "UPDATE tags SET value = 'f' WHERE run_uuid = '{run}' AND key = 'data.digest.train'"
        ),
        "data.digest.train",
    ),
    Forgery(
        "a version in a tag",
        _table("UPDATE tags SET value = '1.0' WHERE run_uuid = '{run}' AND key = 'version.numpy'"),
        "version.numpy",
    ),
    Forgery(
        "the commit in a tag",
        _table("UPDATE tags SET value = 'f' WHERE run_uuid = '{run}' AND key = 'git.commit'"),
        "git.commit",
    ),
    Forgery("the seed in config.yaml", _setting("seed: 42", "seed: 43"), "seed"),
    Forgery("the epochs in config.yaml", _setting("epochs: 3", "epochs: 4"), "training"),
    Forgery("the threads in config.yaml", _setting("threads: 2", "threads: 1"), "training"),
    Forgery("the seed in the lineage", _identity("settings", "seed", value=43), "run key"),
    Forgery(
        "the threads in the lineage",
        _identity("settings", "training", "threads", value=1),
        "run key",
    ),
    Forgery(
        "a variable in the lineage",
        _identity("environment", "variables", value={"TF_ENABLE_ONEDNN_OPTS": "0"}),
        "run key",
    ),
    Forgery("a version in the lineage", _identity("versions", "numpy", value="1.0"), "run key"),
    Forgery("a digest in the lineage", _identity("data", "train", value="0"), "run key"),
    Forgery(
        "a byte of the lineage",
        lambda case: case.flip(case.artifact("lineage.json"), 0.3),
        "lineage.json",
    ),
    Forgery(
        "a package of the run",
        lambda case: case.seal(lambda values: values["packages"].update(scipy="1.0")),
        "scipy was 1.0",
    ),
    Forgery("the saved model", lambda case: case.flip(case.result / "model.keras"), "model.keras"),
    Forgery(
        "the file of the history",
        lambda case: case.flip(case.result / "history.csv"),
        "history.csv",
    ),
    Forgery("a byte of the data", _other_data(3), "data/raw/secret", "own file"),
    Forgery("another byte of the data", _other_data(40), "data/raw/secret", "own file"),
    Forgery("the patch", _patch, "diff.patch", "dirty"),
    Forgery(
        "a line of the code",
        _other_code("pipeline/models/families/mlp.py", "settings.activation,", "'tanh',"),
        "pipeline.models.families.mlp",
        "without Git",
    ),
    Forgery("a tampered checkpoint", _nothing, "checkpoint", "tampered"),
    Forgery("a tampered optimizer", _nothing, "checkpoint", "tampered optimizer"),
]


def _plain(project: Project) -> str:
    return trained(project, "data=diabetes", "model=mlp")


def _tested(project: Project) -> str:
    run_id = trained(project, "data=diabetes", "model=mlp")
    project.run("python", "-m", "pipeline.evaluate", f"run={run_id}")
    return run_id


def _own_file(project: Project) -> str:
    rows = [f"{n % 7},{n % 5},{3 * (n % 7) + n % 5}" for n in range(120)]
    project.write(CSV, "\n".join(["wind,sun,load", *rows]) + "\n")
    project.write(".gitignore", project.read(".gitignore") + f"{CSV}\n")
    project.write("conf/source/secret.yaml", f"format: csv\npath: {CSV}\n")
    project.write(
        "conf/data/secret.yaml",
        "source: secret\ntask: regression\ntarget: load\nsplit: {test: 20, validation: 20}\n",
    )
    project.run("python", "-m", "pipeline.fetch", "source=secret")
    project.run("python", "-m", "pipeline.prepare", "data=secret")
    return trained(project, "data=secret", "model=mlp")


def _dirty(project: Project) -> str:
    project.write("gates.py", "scale = 0.5\n")
    project.replace(
        "my_models.py",
        "from keras import ops\n",
        "from keras import ops\nfrom gates import scale\n",
    )
    project.replace("my_models.py", "x * ops.tanh(x)", "scale * x * ops.tanh(x)")
    return trained(project, "experiment=flats_gated")


def _without_git(project: Project) -> str:
    shutil.rmtree(project.folder / ".git")
    return _plain(project)


def _tampered(array: int) -> Callable[[Project], str]:
    """Kills a training, and changes one value of its checkpoint as its program would write it."""

    def train(project: Project) -> str:
        from pipeline.runs import checkpoint

        overrides = (
            "data=digits",
            "model=mlp",
            "training.epochs=300",
            "seed=8",
            "checkpoint.every_seconds=0.2",
        )
        process = project.start("python", "-m", "pipeline.train", *SHORT, *overrides)
        folder = project.folder / "mlruns/checkpoints"
        complete = "*/[0-9]*.checkpoint"  # the name of a file that is being written has a dot
        while process.poll() is None and len(list(folder.glob(complete))) < 2:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        newest = max(folder.glob(complete))
        saved = checkpoint.read(newest)
        arrays = saved.arrays["engine"]
        arrays[array] = arrays[array] * 1.5 + 0.25
        checkpoint.write(saved, newest)
        return trained(project, *overrides)

    return train


CASES = {
    "plain": _plain,
    "tested": _tested,
    "own file": _own_file,
    "dirty": _dirty,
    "without Git": _without_git,
    "tampered": _tampered(0),
    "tampered optimizer": _tampered(-3),  # after it come the sums of the mean loss
}


def main(arguments: list[str]) -> int:
    """Forges each thing. Returns 1 if one is not named."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.forgeries", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", nargs="*", help="beginnings of names of forgeries")
    options = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="forgeries."))
    (home / "project").mkdir()
    base, began, found = create(home / "project"), time.monotonic(), 0
    chosen = [
        forgery
        for forgery in FORGERIES
        if options.only is None or any(forgery.name.startswith(one) for one in options.only)
    ]
    cases: dict[str, Case] = {}
    for number, forgery in enumerate(chosen, start=1):
        if forgery.case not in cases:
            project = base.copy(home / forgery.case.replace(" ", "_"))
            cases[forgery.case] = Case(project, CASES[forgery.case](project))
        case = cases[forgery.case]
        copy = Case(case.project.copy(home / f"forgery_{number}"), case.run_id)
        forgery.change(copy)
        try:
            answer = certify(copy.project, copy.run_id)
        except AssertionError as error:  # it is refused, and stderr says why
            answer = {"verdict": "refused", "culprits": [str(error).splitlines()[-1]]}
        culprits = "; ".join(answer["culprits"])
        is_named = answer["verdict"] != "identical" and forgery.named in culprits
        found += is_named
        mark = "named" if is_named else "NOT NAMED"
        print(
            f"{number:2d}  {forgery.name}: {mark}: {answer['verdict']}, {culprits[:300]}",
            flush=True,
        )
        shutil.rmtree(copy.project.folder)
    seconds = time.monotonic() - began
    print(f"{found} of {len(chosen)} named, {seconds:.0f} seconds")
    return int(found < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
