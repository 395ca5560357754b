"""Writes the notes of runs and experiments: what the MLflow UI calls their description.

A note is Markdown. It states the result in words and the command that makes it again, and shows
figures. It is written from the record, so it can be renewed at any time.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from mlflow import MlflowClient
from mlflow.entities import Experiment, Run

from pipeline.tracking import headlines

TAG = "mlflow.note.content"
FIGURES = "figures"  # the folder of a record
# Readers see this line only when they edit the note.
_END = "<!-- Text below this line is yours. The pipeline renews what is above. -->"
# The order of the report. Others follow by name.
_FIRST_FIGURES = ("learning_curves", "confusion_matrix", "residuals", "decision_boundary")
_MOST_FIGURES = 2
_ID = 8  # hexadecimal digits of a run's id that commands need


def write(client: MlflowClient, run_id: str, *, may_have_figures: bool = True) -> None:
    """Renews the note of a run.

    Args:
        may_have_figures: whether to look for figures. This takes longer than all the rest.
    """
    run = client.get_run(run_id)
    before = run.data.tags.get(TAG)
    figures = _figures(client, run_id) if may_have_figures else []
    note = _renewed(of_run(run, figures), before)
    if note != before:
        client.set_tag(run_id, TAG, note)


def write_of_experiment(client: MlflowClient, experiment: Experiment, runs: Sequence[Run]) -> None:
    """Renews the note of an experiment.

    Args:
        runs: those that trained, the newest first; at least one.
    """
    before = experiment.tags.get(TAG)
    figures = _figures(client, representative(runs).info.run_id)
    text = of_experiment(str(experiment.name), runs, figures)
    note = _renewed(text, before)
    if note != before:
        client.set_experiment_tag(experiment.experiment_id, TAG, note)


def _renewed(note: str, before: str | None) -> str:
    """The note with the reader's text. A note without our end line belongs to the reader."""
    if before is None:
        return f"{note}\n\n{_END}"
    return before if _END not in before else f"{note}\n\n{_END}{before.partition(_END)[2]}"


def _figures(client: MlflowClient, run_id: str) -> list[str]:
    return [file.path for file in client.list_artifacts(run_id, FIGURES)]


def of_run(run: Run, figures: Sequence[str]) -> str:
    """The note of a run, without the text of its reader.

    Args:
        figures: the paths of its figures in the record.
    """
    tags = run.data.tags
    paragraphs = [result(run), *_series([run])]
    if "run_key" in tags and "git.commit" in tags:
        paragraphs.append(_command(f"python -m pipeline.reproduce {run.info.run_id[:_ID]}"))
    return "\n\n".join([*paragraphs, *_images(run.info.run_id, figures)])


def of_experiment(name: str, runs: Sequence[Run], figures: Sequence[str]) -> str:
    """The note of an experiment, without the text of its reader.

    Args:
        runs: see `write_of_experiment`.
        figures: the paths of the figures of its `representative` run.
    """
    run = representative(runs)
    is_stage = run.data.tags.get("stage", "").startswith("train@")
    again = f"dvc repro evaluate@{name}" if is_stage else f"python -m pipeline.train {name}"
    run_id = run.info.run_id
    page = f"#/experiments/{run.info.experiment_id}/runs/{run_id}?workflowType=machine_learning"
    of = f"This result is that of [run {run_id[:_ID]}]({page})."
    paragraphs = [result(run), *_series(runs), of, _command(again)]
    return "\n\n".join([*paragraphs, *_images(run_id, figures)])


def representative(runs: Sequence[Run]) -> Run:
    """The run that stands for an experiment.

    It is the newest tested run of its DVC stage; else the newest tested run; else the newest run of
    the stage; else the newest run.
    """

    def place(run: Run) -> tuple[bool, bool]:
        is_stage = run.data.tags.get("stage", "").startswith("train@")
        return not headlines.of_tests(run.data.metrics), not is_stage

    return min(runs, key=place)


def result(run: Run) -> str:
    """The result in one paragraph: `Test accuracy 0.98 [0.96, 0.99], better than …`.

    A merge of two records keeps the greater text, so `Test` must be greater than `Not tested`.
    """
    tags, metrics = run.data.tags, run.data.metrics
    if kind := tags.get("kind"):
        return _of_parent(kind, tags)
    tested, validated = headlines.of_tests(metrics), headlines.of_validation(metrics)
    validation = (
        f"{_words(validated.removeprefix('best/'))} {metrics[validated]:.4g}" if validated else ""
    )
    if tested is None or tested not in metrics:
        return f"Not tested. {validation}.".replace(" .", "")
    interval = _interval(tags.get(f"{tested}.interval_95"))
    baseline = f", {tags['baseline']}" if "baseline" in tags else ""
    sentence = f"{_words(tested)} {metrics[tested]:.4g}{interval}{baseline}."
    return f"{sentence} {validation}." if validation else sentence


def _of_parent(kind: str, tags: Mapping[str, str]) -> str:
    """What a sweep, search or comparison has found."""
    if kind == "comparison":
        return f"{tags.get('verdict', 'Not decided')}."
    objective = tags.get("objective", "")
    value = tags.get("best.objective", f"{objective} {tags.get(f'best.{objective}', '')}").strip()
    settings = tags.get("best.settings", tags.get("best.overrides", ""))
    if "best.run_id" not in tags:
        return f"This {kind} has no best trial yet."
    doubts = f" {tags['best.doubts']}." if "best.doubts" in tags else ""
    return f"Best of this {kind}: {value} with {settings}.{doubts}"


def _words(metric: str) -> str:
    """`Test accuracy` for `test/accuracy`."""
    split, _, name = metric.partition("/")
    return f"{split.capitalize()} {name.replace('_', ' ')}"


def _interval(limits: str | None) -> str:
    if limits is None:
        return ""
    low, high = (float(limit) for limit in limits.split(" to "))
    return f" [{low:.4g}, {high:.4g}]"


def _series(runs: Sequence[Run]) -> list[str]:
    """What `repeat` found, of its newest runs."""
    found: dict[str, str] = {}
    for run in runs:
        for name, text in run.data.tags.items():
            if name.startswith("repeat.") and ": " in text:
                found.setdefault(name, f"- {text}")
    return ["\n".join(found[name] for name in sorted(found))] if found else []


def _command(text: str) -> str:
    return f"To make it again:\n\n```sh\n{text}\n```"


def _images(run_id: str, figures: Sequence[str]) -> list[str]:
    """The first figures. The server of the UI has them at an address relative to its page."""

    def place(path: str) -> tuple[int, str]:
        first = [n for n, name in enumerate(_FIRST_FIGURES) if path.startswith(f"{FIGURES}/{name}")]
        return first[0] if first else len(_FIRST_FIGURES), path

    shown = sorted((path for path in figures if path.endswith(".png")), key=place)
    return [
        f"![{path.removeprefix(f'{FIGURES}/')}](get-artifact?"
        f"{urlencode({'path': path, 'run_uuid': run_id})})"
        for path in shown[:_MOST_FIGURES]
    ]
