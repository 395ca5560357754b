"""Shows what `prepare` understands of a table or of images, without preparing it.

    python -m pipeline.look flats.csv              a file
    python -m pipeline.look flats.csv --target rent
    python -m pipeline.look photos/                a folder with a folder for each class
    python -m pipeline.look flats                  a data variant of conf/data/

For each column: what it holds, examples, missing values, its content and its features. Below are
notes, and the doubts with the settings that decide them. Numbers are shown by their least value,
quartiles and greatest value. --markdown prints the table as Markdown. If a file needs
settings, such as an encoding, look guesses them as `pipeline.add` does, and says so.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import project
from pipeline.command_line import arguments, run_command
from pipeline.config.data import Data, Task
from pipeline.config.data_composition import compose_data
from pipeline.config.source import Source
from pipeline.config.yaml_text import flow
from pipeline.console import say, table_console
from pipeline.data.card import DataCard
from pipeline.data.drafting.settings import Draft
from pipeline.data.drafting.source import drafted_source
from pipeline.data.fetching.sources import fetch
from pipeline.data.headers import named
from pipeline.data.preparing.card import card_of, image_card_of
from pipeline.data.preparing.description import described_columns
from pipeline.data.preparing.images import read_images
from pipeline.data.preparing.rows import read_rows
from pipeline.data.raw import open_raw
from pipeline.layout import RAW
from pipeline.option_parser import OptionParser


def main() -> None:
    """Reads the command line and prints the card."""
    parser = OptionParser("look")
    parser.add_argument("what")
    parser.add_argument("--target")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args(arguments(__doc__))
    path = Path(options.what)
    if path.suffix or path.is_file() or options.what.endswith("/"):
        card = _of_file(path, options.target.split(",") if options.target else [])
    else:
        card = _of_source(RAW, compose_data(options.what))
    if options.markdown:
        say(card.markdown().rstrip())
    else:
        _print(card)


def _of_file(path: Path, targets: list[str]) -> DataCard:
    with TemporaryDirectory() as temporary:
        root = Path(temporary)

        def columns_with(draft: Draft) -> list[str]:
            fetch(Source(name="file", **draft.values), root=root)
            return open_raw(root / "file").columns

        place = f"{path}/" if path.is_dir() else str(path)
        draft = drafted_source(place, {}, columns_with, targets)
        data = Data(name="file", target=targets or "", task=Task.regression)
        card = _of_source(root, data)
        return replace(card, notes=[*_guesses(draft), *card.notes])


def _guesses(draft: Draft) -> Iterator[str]:
    """The settings that reading the file needs."""
    settings = [f"{key}: {flow(value)}" for key, value in draft.values.items() if key != "path"]
    if settings:
        reasons = " ".join(reason for reasons in draft.reasons.values() for reason in reasons)
        yield f"the file is read with {named(settings)} in the source's settings. {reasons}"


def _of_source(root: Path, data: Data) -> DataCard:
    raw = open_raw(root / data.source)
    if raw.holds_images:
        images = read_images(raw, data)
        rows = {"all": len(images.x)}
        return image_card_of(data, raw, images, rows=rows, notes=[*images.notes, *raw.notes])
    source = read_rows(raw, data)
    return card_of(
        data,
        source,
        described_columns(source.understanding),
        columns=raw.columns,
        rows={"all": len(source.text)},
        notes=raw.notes,
    )


def _print(card: DataCard) -> None:
    table_console().print(card.table())
    for line in card.lines():
        say(line)


if __name__ == "__main__":
    run_command(main, begin=project.require_root)
