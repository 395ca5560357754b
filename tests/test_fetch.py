import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.loopback import body, serving

# Nothing listens on the discard port.
NOWHERE = "https://127.0.0.1:9"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    return tmp_path


def fetch(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.fetch", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_shows_a_command(project: Path) -> None:
    done = fetch(project, "--help")
    assert done.returncode == 0
    assert "python -m pipeline.fetch source=mnist" in done.stdout


def test_own_csv_is_fetched_from_its_path(project: Path) -> None:
    (project / "own.csv").write_text('name;x\n"b; c";1,5\n')
    (project / "conf/source/own.yaml").write_text("path: own.csv\ndelimiter: ;\n")
    done = fetch(project, "source=own")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "data/raw/own/data.csv: 1 rows, 18 bytes\n"
    assert (project / "data/raw/own/data.csv").read_text() == 'name,x\nb; c,"1,5"\n'
    facts = json.loads((project / "data/raw/own/provenance.json").read_text())
    assert facts["downloads"][0]["from"] == "own.csv"


def test_missing_csv_names_its_setting(project: Path) -> None:
    (project / "conf/source/own.yaml").write_text("path: nowhere/own.csv\n")
    assert fetch(project, "source=own").stderr == (
        "error: conf/source/own.yaml: path does not name a file. Received: nowhere/own.csv. "
        "Give a path that is absolute, or relative to the repository's root.\n"
    )


def test_sha256_is_recommended_for_a_url(project: Path) -> None:
    content = b"a,b\n1,2\n"
    (project / "conf/source/own.yaml").write_text(f"url: {NOWHERE}/data.csv\n")
    with serving() as site:
        site.routes["/own/data.csv"] = body(content)
        done = fetch(project, "source=own", DATA_MIRROR=site.address)
    digest = hashlib.sha256(content).hexdigest()
    assert done.stderr == (
        f"conf/source/own.yaml: no sha256 protects {site.address}/own/data.csv. "
        f"Add sha256: {digest}\n"
        "data/raw/own/data.csv: 1 rows, 8 bytes\n"
    )


def test_unavailable_file_names_all_places(project: Path) -> None:
    file = project / "conf/source/mnist.yaml"
    file.write_text(
        file.read_text()
        .replace("https://ossci", f"{NOWHERE}/ossci")
        .replace("https://storage", f"{NOWHERE}/b")
    )
    done = fetch(project, "source=mnist")
    name = "mnist/train-images-idx3-ubyte.gz"
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {name} is not available. Received: "
        f"{NOWHERE}/ossci-datasets.s3.amazonaws.com/{name}: cannot connect to its host; "
        f"{NOWHERE}/b.googleapis.com/cvdf-datasets/{name}: cannot connect to its host. "
        f"Set DATA_MIRROR to a folder or an https:// URL that holds {name}.\n"
    )
    assert list((project / "data/raw").iterdir()) == []
