"""Puts the data of a run into its work tree, and checks their digests.

The first of these that has the right bytes is used: the prepared data of this project, its raw
data, DVC's cache, DVC's remote, and a new download.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.errors import ConfigError, PipelineError
from pipeline.files import sha256, write_text
from pipeline.layout import CONF, DVC, DVC_CACHE, DVC_LOCK, PREPARED, RAW, mlruns
from pipeline.own import weights
from pipeline.reproducing.original import Original
from pipeline.reproducing.process import Commands


@dataclass(frozen=True)
class PlacedData:
    """Where the data of the second training come from.

    Args:
        origin: in words.
        changed: the splits and raw files with other bytes than in the run.
    """

    origin: str
    changed: list[str]


def place(original: Original, folder: Path, commands: Commands) -> PlacedData:
    """Puts prepared data into a work tree.

    Raises:
        PipelineError: there is no copy of the data, not even with other bytes.
    """
    data = original.identity["settings"]["data"]
    prepared, raw = PREPARED / data["name"], RAW / data["source"]
    for path in (prepared, raw):
        if (folder / path).is_symlink():  # of a killed reproduction; a command would write into it
            (folder / path).unlink()
    if _differing(prepared, original) == []:
        _link(prepared, folder / prepared)
        return PlacedData(f"{prepared} of this project", [])
    origin = _raw(original, raw, folder, commands)
    changed = _other_files(folder / raw, original)
    _write_variant(data, folder)
    commands.run("prepare", f"data={data['name']}")
    differing = _differing(folder / prepared, original) or []
    return PlacedData(f"{origin}, prepared again", [*changed, *differing] if differing else [])


def place_weights(original: Original, folder: Path) -> None:
    """Puts the weights that a run started with into a work tree.

    Raises:
        PipelineError: this project does not have them.
    """
    for name, digest in original.identity.get("own", {}).get("weights", {}).items():
        try:
            current = weights.find(name)
        except ConfigError as error:
            raise PipelineError(
                "the weights that the run started with are not in this project",
                received=f"{name}: {error.what}",
            ) from None
        if current.digest != digest:
            raise PipelineError("the weights that the run started with have changed", received=name)
        source = current.path if current.is_file else current.path.parent
        is_of_a_run = source.is_relative_to(mlruns())
        place = "mlruns" / source.relative_to(mlruns()) if is_of_a_run else source
        _link(source, folder / place)


def _differing(prepared: Path, original: Original) -> list[str] | None:
    """The parts of prepared data that differ from a run. None if there are no such data."""
    try:
        present = load_meta(prepared).identity
    except PipelineError:
        return None
    recorded: Mapping[str, str] = original.identity["data"]
    return [
        f"the {name} of data/prepared" for name in recorded if present.get(name) != recorded[name]
    ]


def _raw(original: Original, raw: Path, folder: Path, commands: Commands) -> str:
    """Puts the raw data into a work tree, and says their origin."""
    if _other_files(raw, original) == []:
        _link(raw, folder / raw)
        return f"{raw} of this project"
    for words, origin in (
        (("checkout",), "DVC's cache"),
        (("pull",), "DVC's remote"),
    ):
        if _by_dvc(words, raw, folder) and _other_files(folder / raw, original) == []:
            return f"{raw} from {origin}"
    shutil.rmtree(folder / raw, ignore_errors=True)
    try:
        commands.run("fetch", f"source={raw.name}")
    except PipelineError as error:
        if not raw.is_dir():
            raise
        log(f"fetching {raw} again failed: {error}")
        _link(raw, folder / raw)
        return f"{raw} of this project"
    return f"{raw}, fetched again"


def _other_files(raw: Path, original: Original) -> list[str]:
    """The raw files with other bytes than in a run."""
    recorded: Mapping[str, str] = original.lineage["raw"]["digests"]
    return [
        f"{RAW / raw.name / name}"
        for name, digest in recorded.items()
        if not (raw / name).is_file() or sha256(raw / name) != digest
    ]


def _by_dvc(command: tuple[str, ...], raw: Path, folder: Path) -> bool:
    """Lets DVC bring raw data of the run's commit from the cache of this project, or its remote."""
    if not (folder / DVC).is_dir():
        return False
    if not (folder / DVC_LOCK).is_file():
        if not DVC_LOCK.is_file():
            return False
        shutil.copyfile(DVC_LOCK, folder / DVC_LOCK)
    write_text(folder / DVC / "config.local", _settings_of_dvc())
    done = subprocess.run(
        ["dvc", *command, "--quiet", "--force", str(raw)],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def _settings_of_dvc() -> str:
    """The cache and the remotes of this project for `config.local`. A commit may not name them.

    `dvc config` gives the addresses of remotes as absolute paths.
    """
    done = subprocess.run(["dvc", "config", "--list"], capture_output=True, text=True, check=False)
    sections: dict[str, list[str]] = {"cache": [f'dir = "{DVC_CACHE.resolve()}"']}
    for name, value in re.findall(r"^([^=]+)=(.*)$", done.stdout, re.MULTILINE):
        section, _, option = name.rpartition(".")
        kind, _, remote = section.partition(".")
        if kind == "remote":
            sections.setdefault(f"'remote \"{remote}\"'", []).append(f'{option} = "{value}"')
        elif name == "core.remote":
            sections["core"] = [f'remote = "{value}"']
    return "".join(
        "\n".join([f"[{section}]", *options, ""]) for section, options in sections.items()
    )


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(source.resolve())


def _write_variant(data: Mapping[str, Any], folder: Path) -> None:
    """Writes the settings of the run's data. Those of the commit may differ."""
    settings = {key: value for key, value in data.items() if key != "name"}
    path = folder / CONF / "data" / f"{data['name']}.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), "utf-8")
