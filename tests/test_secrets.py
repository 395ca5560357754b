"""Secrets in the environment, in URLs and in the work tree: a run leaves none of them."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pipeline import fetch, train
from pipeline.command_line import run_command
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.loopback import body, serving
from tests.support.stores import add_store

FILES = {".env": "AWS_SECRET_ACCESS_KEY=S3CRET-file\n", "notes.txt": "password=S3CRET-note\n"}


@pytest.fixture
def folder(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed toy project with new files of secrets."""
    folder = tmp_path / "project"
    shutil.copytree(repository, folder)
    add_store(folder)
    monkeypatch.chdir(folder)
    (folder / ".gitignore").write_text("/data/\n/mlruns/\n/outputs/\n")
    source = "url: https://user:S3CRET-url@host.invalid/own.csv\ntarget: y\n"
    (folder / "conf/source/own.yaml").write_text(source)
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for command in (["init"], ["add", "."], [*author, "commit", "--message=First"]):
        subprocess.run(["git", *command], check=True, capture_output=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "new.csv").write_bytes(b"gr\xfcn\r\n")
    return folder


@pytest.fixture
def _same_handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_same_handler")
def test_run_leaves_no_secret(folder, call, monkeypatch, capfd):
    for name in ("AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_PASSWORD", "HF_TOKEN"):
        monkeypatch.setenv(name, f"S3CRET-{name}")
    with serving() as site:
        site.routes["/own/own.csv"] = body(b"x,y\n1,2\n")
        mirror = site.address.replace("://", "://user:S3CRET-mirror@")
        monkeypatch.setenv("DATA_MIRROR", mirror)
        call(fetch, "source=own")
    call(train, "data=shapes", "model=linear", "training.epochs=1", "training.xla=false")

    monkeypatch.setenv("DVC_STAGE", "train@shapes")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "foo://user:S3CRET-uri@host")
    with pytest.raises(SystemExit) as end:
        run_command(partial(call, train, "data=shapes", "training.xla=false"))
    assert end.value.code == 1

    out, err = capfd.readouterr()
    assert "opening the tracking store foo://host failed." in err
    assert (folder / "outputs/failures/train@shapes.txt").read_text() in err
    assert (
        f'"from": "{site.address}/own/own.csv"'
        in (folder / "data/raw/own/provenance.json").read_text()
    )
    patch = next(folder.glob("mlruns/artifacts/shapes/*/artifacts/diff.patch")).read_bytes()
    assert re.findall(rb"^(?:# |\+)[^\n]*\n", patch, re.MULTILINE) == [
        b"# .env: a file of secrets, by its name\n",
        b"# notes.txt: seems to hold a password or token\n",
        b"+++ b/new.csv\n",
        b"+gr\xfcn\r\n",
    ]
    planted = {*FILES, "conf/source/own.yaml"}
    files = [path for path in folder.rglob("*") if path.is_file()]
    holders = {str(path.relative_to(folder)) for path in files if b"S3CRET" in path.read_bytes()}
    assert {name for name in holders if not name.startswith(".git/")} == planted
    assert "S3CRET" not in out + err
