"""Downloads a source and writes its rows as CSV.

    python -m pipeline.fetch mnist
    DATA_MIRROR=/data/mirror python -m pipeline.fetch mnist

The sources are the files in conf/source/. The command writes data/raw/<source>/*.csv and
provenance.json. After an error, the folder is as it was before.

DATA_MIRROR is a folder or a URL that holds <source>/<file>. It is tried before the publishers'
URLs. Files from it must match their sha256 too.
"""

import os
from contextlib import suppress
from typing import Any

from pipeline.command_line import arguments, run_command, with_key
from pipeline.config import params
from pipeline.config.composition import compose
from pipeline.config.hydra_composition import register
from pipeline.config.source import FetchConfig, Source
from pipeline.console import log, say_next
from pipeline.data.fetching.sources import fetch
from pipeline.errors import PipelineError
from pipeline.layout import RAW

register("fetch", FetchConfig)


def main() -> None:
    """Fetches one source and names the files that it wrote."""
    source = compose("fetch", FetchConfig, with_key(arguments(__doc__), "source")).source
    provenance = fetch(source, mirror=os.environ.get("DATA_MIRROR"))
    _recommend_sha256(source, provenance)
    for name, file in provenance["files"].items():
        log(f"{RAW / source.name / name}: {file['rows']:,} rows, {file['bytes']:,} bytes")
    for note in provenance["notes"]:
        log(f"{source.name}: note: {note}")
    _say_next(source.name)


def _say_next(source: str) -> None:
    with suppress(PipelineError):  # the commands that need params.yaml say what is wrong
        for data, own in params.read().data.items():
            if own == source:
                say_next(f"python -m pipeline.prepare {data}")
                return


def _recommend_sha256(source: Source, provenance: dict[str, Any]) -> None:
    unpinned = {file.name for file in source.files if file.sha256 is None}
    for download in provenance["downloads"]:
        if download["name"] in unpinned:
            log(
                f"conf/source/{source.name}.yaml: no sha256 protects {download['from']}. "
                f"Add sha256: {download['sha256']}"
            )


if __name__ == "__main__":
    run_command(main)
