"""`pipeline.replay` and audits by the commands of docs/provenance.md, on toy data."""

import dataclasses
import json
import shlex
import sqlite3
from contextlib import closing

import pytest

from pipeline import experiment, replay, reproduce
from pipeline.errors import PipelineError
from pipeline.layout import CERTIFICATES
from pipeline.replaying import hindsight
from pipeline.reproducing import original
from pipeline.reproducing.setting_up import Options
from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.folder import kept_file
from pipeline.tracking import recorded
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import warm
from tests.support.pages import blocks
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.toy import config_of

# An epoch has three steps.
SHORT = (
    "data=pairs",
    "model=linear",
    "training.xla=false",
    "training.epochs=4",
    "tracking=mlflow",
    "tracking.log_model=false",
)


@pytest.fixture(autouse=True)
def folder(with_warm_commands):
    return with_warm_commands


@pytest.fixture(scope="module")
def run_id(repository):
    """A run in a repository without Git. It kept the checkpoints of the first three epochs."""
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        return experiment.run(config_of(repository, *SHORT, "checkpoint.keep_every=1")).run_id


def of_the_page(command: str, run_id: str) -> list[list[str]]:
    """The arguments of each line of the page with a command, for a run of toy data."""
    replaced = {"3f2a91c0": run_id[:8], "900:1100": "5:7", "recall/7": "recall/above"}
    replaced |= {"macro_f1": "mcc", "dense_1": "output"}
    lines = [line for block in blocks("provenance.md", "sh") for line in block.splitlines()]
    found = [shlex.split(line)[3:] for line in lines if line.startswith(f"python -m {command} ")]
    return [[_replaced(word, replaced) for word in words] for words in found]


def _replaced(word: str, by: dict[str, str]) -> str:
    for old, new in by.items():
        word = word.replace(old, new)
    return word


def answer(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def logged(run_id: str, name: str) -> list[tuple[int, int]]:
    """Steps and time stamps of a metric."""
    with closing(sqlite3.connect("mlruns/mlflow.db")) as store:
        query = "SELECT step, timestamp FROM metrics WHERE run_uuid = ? AND key = ? ORDER BY step"
        return store.execute(query, (run_id, name)).fetchall()


@pytest.fixture(scope="module")
def replayed(run_id, repository):
    """What was logged in hindsight."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        for name, value in warm.variables().items():
            patch.setenv(name, value)
        for words in of_the_page("pipeline.replay", run_id)[:2]:
            patch.setattr("sys.argv", ["replay", *words])
            replay.main()
        return run_id


def test_metric_is_logged_at_each_evaluation(replayed):
    times = recorded.read(replayed).times
    assert logged(replayed, "validation/mcc") == [(step, times[step]) for step in (3, 6, 9, 12)]


def test_probe_is_logged_at_the_time_of_the_next_evaluation(replayed):
    times = recorded.read(replayed).times
    steps = [(5, times[6]), (6, times[6]), (7, times[9])]
    assert logged(replayed, "grad_norm/output") == steps


def test_figures_in_hindsight_are_no_part_of_the_history(replayed):
    assert recorded.read(replayed).tags["hindsight"] == (
        "grad_norm/output, train/mcc, train/recall/above, validation/mcc, validation/recall/above"
    )
    assert not {"validation/mcc", "grad_norm/output"} & original.read(replayed).points.keys()


def test_steps_choose_the_evaluations_and_nothing_is_logged_twice(replayed, call, capsys):
    call(replay, replayed, "--log", "mcc", "--log", "brier", "--steps", "5:7")
    assert [step for step, _ in logged(replayed, "validation/brier")] == [6, 9]
    assert [step for step, _ in logged(replayed, "validation/mcc")] == [3, 6, 9, 12]


def test_fault_of_a_failed_run_is_found_by_the_command_of_the_page(folder, call, capsys):
    overrides = ("optimizer=sgd", "optimizer.learning_rate=1e38", "training.early_stopping=null")
    with pytest.raises(PipelineError, match="training diverged"):
        experiment.run(config_of(folder, *SHORT, *overrides, "data=prices", "seed=3"))
    with closing(sqlite3.connect("mlruns/mlflow.db")) as store:
        [(failed,)] = store.execute("SELECT run_uuid FROM runs WHERE status = 'FAILED'").fetchall()
    [words] = of_the_page("pipeline.replay", failed)[2:]
    call(replay, *words)
    fault = answer(capsys)["fault"]
    assert (fault["step"], fault["epoch"], len(fault["rows"])) == (2, 1, 12)
    call(replay, failed, "--log", "weight_norm")
    assert [step for step, _ in logged(failed, "weight_norm")] == [1, 2, 3]


def test_nothing_is_logged_if_the_bits_differ(folder, run_id, call):
    where = f"WHERE run_uuid = '{run_id}' AND key = 'validation/loss' AND step = 6"
    changed(folder, f"UPDATE metrics SET value = value + 1e-9 {where}")
    message = refusal(call, replay, run_id, "--log", "ece", "--steps", "5:6")
    changed(folder, f"UPDATE metrics SET value = value - 1e-9 {where}")
    assert message.startswith(
        "the replay does not have the bits of the run, so nothing is logged. "
        "Received: validation/loss at step 6: "
    )
    assert logged(run_id, "validation/ece") == []


def changed(folder, statement: str) -> None:
    with closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as store, store:
        assert store.execute(statement).rowcount == 1


def test_run_without_an_evaluation_is_refused(run_id):
    run = dataclasses.replace(original.read(run_id), times={}, points={})
    message = refusal(hindsight.look, run, hindsight.Query([], find_fault=True), Options())
    assert message.startswith("the record of the run has no evaluation")


REFUSED = {
    ("--log", "grad_nrm"): "this is neither a metric nor a probe. Received: grad_nrm.",
    ("--log", "mcc", "--steps", "5:99"): "these are not steps of the run. Received: --steps 5:99.",
    ("--log", "mcc", "--steps", "7"): "--steps is <first>:<last>. Received: 7.",
    ("--log", "mcc", "--every", "0"): "--every is a number of steps. Received: 0.",
    (): "one of --log and --find-fault is required.",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_mistake_is_refused_before_the_replay(arguments, run_id, call):
    assert refusal(call, replay, run_id, *arguments).startswith(REFUSED[arguments])


def test_audit_of_an_untouched_run_finds_nothing(run_id, call, capsys):
    [words] = [words for words in of_the_page("pipeline.reproduce", run_id) if "--slices" in words]
    call(reproduce, *words)
    assert answer(capsys)["verdict"] == "no difference in 3 of 4 stretches"
    audit = (CERTIFICATES / run_id / "audit.md").read_text(encoding="utf-8")
    assert "| 1 | 25.0% |\n| 2 | 0.0% |\n" in audit


def test_audit_names_a_changed_checkpoint(run_id, call, capsys):
    path = kept_file(original.read(run_id).folder, 6)
    before = checkpoint.read(path)
    other = [array + 1 for array in before.arrays["engine"][:1]]
    arrays = before.arrays | {"engine": [*other, *before.arrays["engine"][1:]]}
    checkpoint.write(Checkpoint(before.facts, arrays), path)
    with pytest.raises(SystemExit) as ended:
        call(reproduce, run_id, "--slices", "9")
    checkpoint.write(before, path)
    assert ended.value.code == 1
    differing = {tuple(stretch[:2]): stretch[2] for stretch in answer(capsys)["stretches"]}
    assert differing[(0, 3)] == []
    assert differing[(3, 6)] == ["step 6: network/output/kernel"]
    assert differing[(6, 9)][0].startswith("running/loss at step 9: ")


def test_run_without_kept_checkpoints_has_no_stretches(folder, call):
    plain = experiment.run(config_of(folder, *SHORT, "seed=7"))
    assert refusal(call, reproduce, plain.run_id, "--slices", "1").startswith(
        f"the run kept no checkpoints, so it has no stretches to audit. Received: {plain.run_id}."
    )
