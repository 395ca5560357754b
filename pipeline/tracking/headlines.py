"""Names the metrics of a run that its list and its note show first."""

from collections.abc import Iterable

from pipeline import metrics

_TASKS = ("classification", "regression", "multi_label")
_LOSSES = ("loss", "log_loss", "mse", "weighted_loss")
_BASELINE = "test/baseline/"
_VALIDATION = "best/validation/"


def of_tests(names: Iterable[str]) -> str | None:
    """The headline metric of the test split, such as `test/accuracy`; None without a test.

    Baselines are measured by this metric only, so they show its name. Without them, see `_first`.
    """
    tests = [name for name in names if name.startswith("test/")]
    compared = [name.removeprefix(_BASELINE) for name in tests if name.startswith(_BASELINE)]
    if compared:
        return f"test/{compared[0].partition('/')[2]}"
    return _first(tests, "test/")


def of_validation(names: Iterable[str]) -> str | None:
    """The headline metric of the saved weights on the validation split."""
    return _first([name for name in names if name.startswith(_VALIDATION)], _VALIDATION)


def _first(names: Iterable[str], prefix: str) -> str | None:
    """The headline metric of a task; else the first metric that is no loss; else the first one."""
    usual = [metrics.headline(task) for task in _TASKS]

    def place(name: str) -> tuple[int, bool]:
        metric = name.removeprefix(prefix)
        return usual.index(metric) if metric in usual else len(usual), metric in _LOSSES

    return min(names, key=place, default=None)
