"""Where DVC looks for the data of a run."""

import subprocess
from pathlib import Path

from pipeline.reproducing.data import _settings_of_dvc


def listed(folder: Path) -> set[str]:
    command = ["dvc", "config", "--list"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_work_tree_has_the_remotes_of_the_project(tmp_path, monkeypatch):
    """A commit may be older than a remote, or the remote may be in `config.local`."""
    project, tree = tmp_path / "pro ject", tmp_path / "tree"
    for folder in (project, tree):
        (folder / ".dvc").mkdir(parents=True)
        (folder / ".dvc/config").write_text("[core]\n    no_scm = true\n")
    remote = "[core]\n    remote = own\n['remote \"own\"']\n    url = ../../store\n"
    (project / ".dvc/config.local").write_text(remote)
    monkeypatch.chdir(project)
    (tree / ".dvc/config.local").write_text(_settings_of_dvc())
    assert listed(tree) == {
        *listed(project),
        f"remote.own.url={tmp_path / 'store'}",
        f"cache.dir={project / '.dvc/cache'}",
    }
