"""Makes the raw CSV files of a source: python -m pipeline.fetch source=mnist

Writes data/raw/<source>/*.csv and provenance.json, whole or not at all. The sources are the files of conf/source/.
DATA_MIRROR=<folder or URL> holding <source>/<file> is tried before the publishers' URLs; pins still apply.
"""

import os
import sys
from typing import Any

from pipeline.command_line import run_command
from pipeline.config.composition import compose, register
from pipeline.config.source import FetchConfig, Source
from pipeline.data.fetching.sources import fetch
from pipeline.layout import RAW

register("fetch", FetchConfig)


def main() -> None:
    """Composes the source, fetches it and says where the result lies."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    source = compose("fetch", FetchConfig, sys.argv[1:]).source
    provenance = fetch(source, mirror=os.environ.get("DATA_MIRROR"))
    _recommend_pins(source, provenance)
    for name, file in provenance["files"].items():
        print(
            f"{RAW / source.name / name}: {file['rows']:,} rows, {file['bytes']:,} bytes",
            file=sys.stderr,
        )


def _recommend_pins(source: Source, provenance: dict[str, Any]) -> None:
    unpinned = {file.name for file in source.files if file.sha256 is None}
    for download in provenance["downloads"]:
        if download["name"] in unpinned:
            pin = f"sha256: {download['sha256']}"
            print(
                f"conf/source/{source.name}.yaml: nothing pins {download['from']}. Pin it with {pin}",
                file=sys.stderr,
            )


if __name__ == "__main__":
    run_command(main)
