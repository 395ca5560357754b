"""The winner is trained again with seeds that took no part in the choice."""

import math

import pytest
from scipy import stats

from pipeline.config.metrics import Direction
from pipeline.errors import PipelineError
from pipeline.signals import Interruption
from pipeline.studies.confirming import Confirmation, confirm, other_seeds
from pipeline.studies.outcome import Status
from pipeline.studies.trial_process import Answer, Cause
from tests.support import ROOT
from tests.support.searches import ACCURACY


class CountingProcess:
    """Each seed is measured as its number divided by 100. Some seeds fail."""

    def __init__(self, *failing: int) -> None:
        self.requests: list[tuple[list[str], dict[str, str], str]] = []
        self._failing = failing

    def run(self, trial, *, threads, tags, log):
        assert threads == 2
        self.requests.append((trial.overrides, dict(tags), log.name))
        seed = int(trial.overrides[-1].removeprefix("seed="))
        if seed in self._failing:
            return Answer.failed("training diverged.", Cause.TRIAL)
        return Answer(Status.FINISHED, "run", metrics={ACCURACY.metric: seed / 100})


def confirmed(process: CountingProcess, seeds, folder, *overrides: str):
    return confirm(
        ["data=digits", *overrides],
        seeds,
        ACCURACY,
        process=process,
        tags={"sweep_id": "abc"},
        logs=folder,
        interruption=Interruption(),
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    return tmp_path


@pytest.mark.parametrize(
    ("used", "count", "seeds"),
    [
        ({42}, 5, [1, 2, 3, 4, 5]),
        ({1, 2, 3}, 2, [4, 5]),
        ({2, 4}, 3, [1, 3, 5]),
        (set(), 0, []),
        ({1}, 0, []),
    ],
)
def test_other_seeds_took_no_part_in_the_choice(used, count, seeds):
    assert other_seeds(used, count) == seeds


def test_winner_is_trained_with_each_seed(folder):
    process = CountingProcess()
    confirmation = confirmed(process, [4, 6], folder, "++seed=1", "data.split.seed=7")
    assert (confirmation.seeds, confirmation.values) == ([4, 6], [0.04, 0.06])
    assert process.requests == [
        (
            ["data=digits", "data.split.seed=7", f"seed={seed}"],
            {"sweep_id": "abc", "mlflow.runName": f"confirms, seed {seed}"},
            f"confirm_{seed}.txt",
        )
        for seed in (4, 6)
    ]


def test_no_seed_is_no_confirmation(folder):
    assert confirmed(CountingProcess(), [], folder) is None


def test_failed_confirmation_names_its_seed(folder):
    with pytest.raises(PipelineError) as caught:
        confirmed(CountingProcess(6), [4, 6], folder)
    assert str(caught.value) == (
        "the best configuration could not be trained with seed 6. Received: training diverged. "
        "Run the same command again; it resumes."
    )


@pytest.mark.parametrize(("direction", "sign"), [(Direction.max, -1), (Direction.min, 1)])
def test_limit_is_that_of_one_more_training(direction, sign):
    confirmation = Confirmation([1, 2, 3], [0.9, 0.94, 0.98])
    # The mean is 0.94, the deviation 0.04, and Student's t for 2 degrees of freedom 2.920.
    expected = 0.94 + sign * 2.920 * 0.04 * math.sqrt(1 + 1 / 3)
    assert confirmation.mean == pytest.approx(0.94)
    assert confirmation.limit(direction) == pytest.approx(expected, abs=1e-4)


def test_limit_without_noise_is_the_mean():
    assert Confirmation([1, 2], [0.5, 0.5]).limit(Direction.max) == 0.5


def test_limit_agrees_with_the_quantile_of_scipy():
    values = [0.951, 0.955, 0.949, 0.957, 0.953]
    spread = stats.t.ppf(0.95, 4) * stats.tstd(values) * math.sqrt(1.2)
    limit = Confirmation(range(5), values).limit(Direction.min)
    assert limit == pytest.approx(sum(values) / 5 + spread)
