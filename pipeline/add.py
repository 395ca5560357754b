"""Makes an experiment of a file: from a table of your own to a tested model.

    python -m pipeline.add flats.csv --target rent            writes the settings
    python -m pipeline.add flats.csv --target rent --run      trains, tests and reports as well
    python -m pipeline.add flats.csv --target rent --dry-run  only shows what it would write
    python -m pipeline.add flats.csv --target rent source.decimal=, data.categorical=[rooms]
    python -m pipeline.add energy.csv --target heating,cooling    several targets

A folder of images, with a folder for each class, becomes an experiment in the same way.

It looks at each column, and writes conf/source/<name>.yaml, conf/data/<name>.yaml and the lines of
params.yaml. Each guess has a comment with the reason and the alternatives. The command leaves
out a column in doubt, and says so. After an error, all files are as before.

--task classification, regression or multi_label is guessed from the target, and --name from the
name of the file. `source.<setting>=<value>` and `data.<setting>=<value>` set what docs/files.md and
docs/columns.md describe.
"""

import argparse
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from pipeline import new_experiment, project
from pipeline.command_line import arguments, run_command
from pipeline.config import params
from pipeline.config.composition import compose
from pipeline.config.data import Data, PrepareConfig, Task
from pipeline.config.hydra_composition import register
from pipeline.config.rules import NAME, is_name
from pipeline.config.source import FORMATS, FetchConfig, Source
from pipeline.console import say, table_console
from pipeline.data import tables
from pipeline.data.card import DataCard
from pipeline.data.drafting.settings import Draft
from pipeline.data.drafting.source import drafted_source
from pipeline.data.drafting.targets import likely_targets
from pipeline.data.drafting.variant import describe, draft_split, draft_task, settle, suggestions
from pipeline.data.fetching.sources import fetch
from pipeline.data.prepared import Meta
from pipeline.data.preparing.preparation import prepare
from pipeline.data.preparing.rows import SourceRows, read_rows
from pipeline.data.raw import Raw, open_raw
from pipeline.data.understanding.profile import profile_of
from pipeline.errors import PipelineError, suggestion
from pipeline.files import write_text
from pipeline.layout import CONF, PARAMS, PREPARED, RAW
from pipeline.option_parser import OptionParser

register("fetch", FetchConfig)
register("prepare", PrepareConfig)

_GROUPS = ("source", "data")
_LABEL = "label"  # the target of images in folders
_MOST_NAMES = 30  # of columns, in a message


@dataclass(frozen=True)
class Wish:
    """The request of the user.

    Args:
        path: the file, as it is written into the source.
        targets: the columns to predict; none if the user named none.
        settings: from the command line, by group and name.
        command: the command that writes the same files.
    """

    path: str
    name: str
    targets: list[str]
    settings: Mapping[str, Mapping[str, Any]]
    command: str


@dataclass
class Addition:
    """The files to write.

    Args:
        files: the text of each file.
        choices: the decisions in place of the user, one sentence each.
    """

    files: dict[Path, str]
    card: DataCard
    meta: Meta
    choices: list[str] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)


def main() -> None:
    """Reads the command line, adds the file, and with --run trains and tests."""
    parser = OptionParser("add")
    parser.add_argument("file")
    parser.add_argument("settings", nargs="*", default=[])
    parser.add_argument("--target")
    parser.add_argument("--task", choices=[task.value for task in Task])
    parser.add_argument("--name")
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_intermixed_args(arguments(__doc__))
    wish = _wish(options)
    addition = addition_of(wish)
    _show(addition)
    if options.dry_run:
        new_experiment.show(addition.files)
        return
    with new_experiment.all_or_none(addition.files):
        for path, text in addition.files.items():
            write_text(path, text)
    say(f"written: {', '.join(map(str, addition.files))}")
    if options.run:
        new_experiment.train_and_test(wish.name)
    else:
        new_experiment.compose_again()
        new_experiment.say_next(wish.name)


def _wish(options: argparse.Namespace) -> Wish:
    path = _path(options.file)
    settings = _by_group(options.settings)
    if options.task:
        settings["data"]["task"] = options.task
    target = options.target
    name = options.name or new_experiment.name_of(path)
    if not is_name(name):
        raise PipelineError("--name is invalid", received=name, expected=f"Use {NAME}")
    words = [path, *(["--target", target] if target else []), "--name", name]
    words += ["--task", options.task] if options.task else []
    command = shlex.join(["python", "-m", "pipeline.add", *words, *options.settings])
    targets = target.split(",") if target else settings["data"].pop("target", [])
    return Wish(path, name, targets if isinstance(targets, list) else [targets], settings, command)


def _path(file: str) -> str:
    """The path for the source: relative if the file is in the repository, else absolute."""
    path = Path(file).expanduser()
    is_pattern = any(mark in file for mark in "*?[")
    if not path.exists() and not is_pattern:
        raise PipelineError(
            f"{file} does not exist",
            expected="Name a file with a table, or a folder with a folder of images for each class",
        )
    end = "/" if path.is_dir() else ""  # A path that ends in / names a folder.
    path, here = path.absolute(), Path.cwd()
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}{end}"


def _by_group(settings: list[str]) -> dict[str, dict[str, Any]]:
    """The settings of the command line, by group and name."""
    values: dict[str, dict[str, Any]] = {group: {} for group in _GROUPS}
    for setting in settings:
        group, _, rest = setting.partition(".")
        key, equals, value = rest.partition("=")
        if group not in _GROUPS or not key or not equals:
            raise PipelineError(
                "this is not a setting",
                received=setting,
                expected="Write source.<setting>=<value> or data.<setting>=<value>",
            )
        *outer, last = key.split(".")
        place = values[group]
        for name in outer:
            place = place.setdefault(name, {})
        place[last] = _value(value)
    return values


def _value(text: str) -> Any:
    """A value as YAML reads it. In a list or table, words such as `off` and `NA` stay text."""
    try:
        read, texts = yaml.safe_load(text), yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        return text
    return _with_words(read, texts) if isinstance(read, list | dict) else read


def _with_words(read: Any, texts: Any) -> Any:
    if isinstance(read, list):
        return [_with_words(*pair) for pair in zip(read, texts, strict=True)]
    if isinstance(read, dict):
        return {
            key: _with_words(read[own], texts[key]) for own, key in zip(read, texts, strict=True)
        }
    return read if isinstance(read, int | float) and not isinstance(read, bool) else texts


def addition_of(wish: Wish) -> Addition:
    """Finds all settings of a file. Tries them by fetching and preparing it in a scratch folder.

    Raises:
        PipelineError: the file is unreadable, the target is unknown or in doubt, or the name is
            taken.
    """
    if not (CONF / "prepare.yaml").is_file():
        raise PipelineError(
            f"{CONF / 'prepare.yaml'} is missing",
            expected="Run the command in the repository's root",
        )
    with TemporaryDirectory() as folder:
        try:
            return _Workshop(Path(folder), wish).addition()
        except PipelineError as error:
            # Below the scratch folder, paths are the same as in the repository.
            raise PipelineError(str(error).replace(f"{folder}/", "")) from error


class _Workshop:
    """A scratch folder with the layout of the repository, in which settings are tried."""

    def __init__(self, root: Path, wish: Wish) -> None:
        self._root = root
        self._wish = wish
        self._composed: dict[str, Any] = {}
        for group in _GROUPS:
            (root / CONF / group).mkdir(parents=True)
        for name in ("fetch.yaml", "prepare.yaml"):
            shutil.copy(CONF / name, root / CONF)

    def addition(self) -> Addition:
        wish = self._wish
        source = drafted_source(wish.path, wish.settings["source"], self._columns, wish.targets)
        data = Draft({"target": self._target(), **wish.settings["data"]})
        self._draft_task(data)
        if self._raw().holds_images:
            return self._of_images(source, data)
        settings, rows = self._settled(source, data)
        rows.understanding.require_no_doubt(wish.path)
        if "split" not in data.values and not settings.several:
            draft_split(data, rows.understanding.profiles[settings.target])
            settings = self._data(data)
        meta = prepare(settings, raw_root=self._root / RAW, root=self._root / PREPARED)
        card = DataCard.read(self._root / PREPARED / wish.name)
        assert card is not None
        choices = _choices(source, data)
        describe(data, settings, rows, card)
        files = _files(wish, self._source(source), self._texts(source, data))
        return Addition(files, card, meta, choices, list(suggestions(settings, rows)))

    def _of_images(self, source: Draft, data: Draft) -> Addition:
        settings = self._data(data)
        cells = tables.read(self._raw().train).columns[settings.target]
        draft_split(data, profile_of(settings.target, cells, settings))
        meta = prepare(self._data(data), raw_root=self._root / RAW, root=self._root / PREPARED)
        card = DataCard.read(self._root / PREPARED / self._wish.name)
        assert card is not None
        files = _files(self._wish, self._source(source), self._texts(source, data))
        return Addition(files, card, meta, _choices(source, data))

    def _columns(self, draft: Draft) -> list[str]:
        """Fetches the file, and returns the names of its columns."""
        fetch(self._source(draft), root=self._root / RAW)
        return self._raw().columns

    def _raw(self) -> Raw:
        return open_raw(self._root / RAW / self._wish.name)

    def _source(self, draft: Draft) -> Source:
        source: Source = self._compose("fetch", FetchConfig, "source", draft)
        return source

    def _data(self, draft: Draft) -> Data:
        data: Data = self._compose("prepare", PrepareConfig, "data", draft)
        return data

    def _compose(self, root: str, schema: type[Any], group: str, draft: Draft) -> Any:
        """The settings of a draft, as the command of its group would read them."""
        name, conf, text = self._wish.name, self._root / CONF, draft.text([])
        if text not in self._composed:
            write_text(conf / group / f"{name}.yaml", text)
            config: Any = compose(root, schema, [f"{group}={name}"], conf=conf)
            self._composed[text] = getattr(config, group)
        return self._composed[text]

    def _target(self) -> str | list[str]:
        """The column to predict, or several. The name of a column may hold commas."""
        raw = self._raw()
        targets, columns = self._wish.targets, raw.columns
        if not targets and raw.file_column is not None and _LABEL in columns:
            return _LABEL
        if ",".join(targets) in columns:
            return ",".join(targets)
        if not targets:
            likely = " or ".join(likely_targets(columns))
            more = ", …" if len(columns) > _MOST_NAMES else ""
            raise PipelineError(
                "the column to predict is missing",
                expected=f"Add --target <column>, such as {likely}. The file has: "
                f"{', '.join(columns[:_MOST_NAMES])}{more}",
            )
        for target in targets:
            if target not in columns:
                raise PipelineError(
                    f"{self._wish.path} has no column of this name",
                    received=target,
                    expected=suggestion(target, columns),
                )
        return targets

    def _draft_task(self, draft: Draft) -> None:
        settings = self._data(Draft({"task": Task.regression.value, **draft.values}))
        cells = tables.read(self._raw().train).columns
        draft_task(draft, [profile_of(name, cells[name], settings) for name in settings.targets])

    def _settled(self, source: Draft, data: Draft) -> tuple[Data, SourceRows]:
        """Resolves all doubts that need no user. Returns the settings and the rows."""
        while True:
            settings = self._data(data)
            rows = read_rows(self._raw(), settings)
            if rows.understanding.doubts and self._may_skip_footer(source):
                source.guess("skip_footer", 1, f"A guess: {' '.join(rows.understanding.doubts)}.")
                self._columns(source)
            elif not settle(data, settings, rows):
                return settings, rows

    def _may_skip_footer(self, draft: Draft) -> bool:
        module = FORMATS.load(self._source(draft).format, key="source.format")
        return "skip_footer" in module.SETTINGS and "skip_footer" not in draft.values

    def _texts(self, source: Draft, data: Draft) -> dict[Path, str]:
        origin = f"Written by: {self._wish.command}"
        pages = {"source": (source, "docs/files.md"), "data": (data, "docs/columns.md")}
        return {
            CONF / group / f"{self._wish.name}.yaml": draft.text(
                [origin, f"{page} describes all settings."]
            )
            for group, (draft, page) in pages.items()
        }


def _choices(*drafts: Draft) -> list[str]:
    return [reason for draft in drafts for reasons in draft.reasons.values() for reason in reasons]


def _files(wish: Wish, source: Source, texts: Mapping[Path, str]) -> dict[Path, str]:
    """The texts of all files to write.

    Raises:
        PipelineError: the name is taken by something else.
    """
    name = wish.name
    taken = [path for path, text in texts.items() if path.is_file() and _text(path) != text]
    own = CONF / "experiment" / f"{name}.yaml"
    taken += [own] if own.is_file() else []
    new_experiment.require_free(name, taken)
    entries: dict[str, dict[str, Any]] = {
        "own_files": {name: source.own_files},
        "data": {name: name},
        "experiments": {name: {"data": name}},
    }
    return {**texts, PARAMS: params.with_entries(entries)}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _show(addition: Addition) -> None:
    for choice in addition.choices:
        say(choice)
    table_console().print(addition.card.table())
    for line in addition.card.lines():
        say(line)
    for line in addition.suggestions:
        say(f"suggestion: {line}")
    rows = ", ".join(f"{count:,} {split}" for split, count in addition.meta.rows.items())
    say(f"{addition.meta.task} of {', '.join(addition.card.targets)}: {rows} rows")


if __name__ == "__main__":
    run_command(main, begin=project.require_root)
