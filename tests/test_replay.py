"""`pipeline.replay` by the real command, on toy data."""

import json
import sqlite3
from contextlib import closing

import pytest

from pipeline import experiment, replay, reproduce
from pipeline.layout import CERTIFICATES
from pipeline.reproducing import original
from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.folder import kept_file
from pipeline.tracking import recorded
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import warm
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
def folder(in_repository, monkeypatch):
    for name, value in warm.variables().items():
        monkeypatch.setenv(name, value)
    return in_repository


@pytest.fixture(scope="module")
def run_id(repository):
    """A run in a repository without Git. It kept the checkpoints of the first three epochs."""
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        return experiment.run(config_of(repository, *SHORT, "checkpoint.keep_every=1")).run_id


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
        log = ["--log", "mcc", "--log", "grad_norm(output)"]
        patch.setattr("sys.argv", ["replay", run_id[:8], *log, "--steps", "5:7"])
        replay.main()
        return run_id


def test_metric_is_logged_at_the_evaluations_of_the_steps(replayed):
    times = recorded.read(replayed).times
    assert logged(replayed, "validation/mcc") == [(6, times[6]), (9, times[9])]


def test_probe_is_logged_at_the_time_of_the_next_evaluation(replayed):
    times = recorded.read(replayed).times
    steps = [(5, times[6]), (6, times[6]), (7, times[9])]
    assert logged(replayed, "grad_norm/output") == steps


def test_figures_in_hindsight_are_no_part_of_the_history(replayed):
    assert recorded.read(replayed).tags["hindsight"] == (
        "grad_norm/output, train/mcc, validation/mcc"
    )
    assert not {"validation/mcc", "grad_norm/output"} & original.read(replayed).points.keys()


def test_same_command_again_logs_nothing_twice(replayed, call, capsys):
    call(replay, replayed, "--log", "mcc", "--steps", "5:7")
    assert answer(capsys)["logged"] == ["train/mcc", "validation/mcc"]
    assert [step for step, _ in logged(replayed, "validation/mcc")] == [6, 9]


def test_nothing_is_logged_if_the_bits_differ(folder, run_id, call):
    where = f"WHERE run_uuid = '{run_id}' AND key = 'validation/loss' AND step = 6"
    changed(folder, f"UPDATE metrics SET value = value + 1e-9 {where}")
    message = refusal(call, replay, run_id, "--log", "brier", "--steps", "5:6")
    changed(folder, f"UPDATE metrics SET value = value - 1e-9 {where}")
    assert message.startswith(
        "the replay does not have the bits of the run, so nothing is logged. "
        "Received: validation/loss at step 6: "
    )
    assert logged(run_id, "validation/brier") == []


def changed(folder, statement: str) -> None:
    with closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as store, store:
        assert store.execute(statement).rowcount == 1


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
    call(reproduce, run_id, "--slices", "2")
    line = answer(capsys)
    assert line["verdict"] == "no difference in 2 of 4 stretches"
    audit = (CERTIFICATES / run_id / "audit.md").read_text(encoding="utf-8")
    assert "| 1 | 50.0% |\n| 2 | 16.7% |\n" in audit


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
