"""Compares the default network for tables with gradient boosted trees on the same test rows.

    python -m tests.benchmarks.tables [--home FOLDER] [--seeds 1] [NAME…] [key=value…]

The sets are those of tests/benchmarks/table_sets, and california_housing. Each has the split of its
file, or the default one. The network is that of `conf/config.yaml`, and `key=value` changes a
setting. The trees are HistGradientBoosting with its defaults. They learn from the same training
rows in two ways: from the prepared features, and from the columns, with missing values and
categories as scikit-learn reads them. The way that is better on the validation rows counts. One
more column has trees that learn from the validation rows as well.

R² decides for numbers, and the log loss for classes. The advantage of the network is positive if it
is better, with the 95 % interval of the bootstrap over paired test rows. FOLDER keeps raw and
prepared data. DATA_MIRROR is as in `pipeline.fetch`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score

from pipeline import experiment, metrics
from pipeline.config.experiment_composition import compose_experiment
from pipeline.data import tables
from pipeline.data.columns import levels, numbers
from pipeline.data.prepared import Meta, load_meta, load_split
from pipeline.layout import PREPARED, RAW
from pipeline.models import backend
from pipeline.models.scores import ClassScores, NumberScores, Scores, scores_of
from pipeline.runs.result import MODEL

ROOT = Path(__file__).parents[2]
SETS = Path(__file__).parent / "table_sets"
NAMES = ["california_housing", *sorted(path.stem for path in (SETS / "data").glob("*.yaml"))]
RESAMPLES = 2_000
HEADINGS = [
    "data",
    "rows",
    "figure",
    "network",
    "trees",
    "advantage [95 %]",
    "",
    "accuracy, AUC",
    "of trees",
    "trees with validation",
    "CPU s",
    "of trees",
]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """The test scores of networks, one for each seed, and of trees.

    Args:
        way: how the trees read the data.
        more_trees: the scores of trees that learned from the validation rows as well.
        seconds, tree_seconds: CPU time of one training.
    """

    meta: Meta
    networks: list[Scores]
    trees: Scores
    more_trees: Scores
    way: str
    seconds: float
    tree_seconds: float


@dataclass(frozen=True)
class Way:
    """One way to give the rows of all splits to the trees."""

    name: str
    x: dict[str, Array]
    categorical: list[bool]


def main(arguments: list[str]) -> None:
    """Prints a line for each set as soon as it is measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("words", nargs="*", metavar="NAME or key=value")
    options = parser.parse_args(arguments)
    names = [word for word in options.words if "=" not in word] or NAMES
    overrides = [word for word in options.words if "=" in word]
    backend.load()
    with TemporaryDirectory() as temporary:
        home = (options.home or Path(temporary)).resolve()
        for conf in (ROOT / "conf", SETS):
            shutil.copytree(conf, home / "conf", dirs_exist_ok=True)
        os.chdir(home)
        print_row(HEADINGS)
        print_row(["---"] * len(HEADINGS))
        outcomes = []
        for name in names:
            outcome, cells = compared(compare(name, overrides, seeds=options.seeds))
            print_row([name, *cells])
            outcomes.append(outcome)
    counts = [f"{word} {outcomes.count(word)}" for word in ("wins", "ties", "loses")]
    print(f"\n{len(outcomes)} sets: {', '.join(counts)}")


def print_row(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def compare(name: str, overrides: list[str], *, seeds: int) -> Comparison:
    """Prepares a set, trains the network once for each seed, and fits the trees."""
    call("fetch", f"source={name}", unless=RAW / name)
    call("prepare", f"data={name}", unless=PREPARED / name)
    folder = PREPARED / name
    meta = load_meta(folder)
    began = time.process_time()
    networks = [network(name, folder, meta, [*overrides, f"seed={seed}"]) for seed in range(seeds)]
    trained = time.process_time()
    way = min(ways(folder, meta), key=lambda way: validation_loss(way, folder, meta))
    fitted = time.process_time()
    return Comparison(
        meta=meta,
        networks=networks,
        trees=trees(way, ["train"], "test", folder, meta),
        more_trees=trees(way, ["train", "validation"], "test", folder, meta),
        way=way.name,
        seconds=(trained - began) / seeds,
        tree_seconds=(fitted - trained) / 2,
    )


def call(command: str, setting: str, *, unless: Path) -> None:
    if not unless.exists():
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run(
            [sys.executable, "-m", f"pipeline.{command}", setting],
            env=environment,
            check=True,
            stderr=subprocess.DEVNULL,
        )


def network(name: str, folder: Path, meta: Meta, overrides: list[str]) -> Scores:
    """The test scores of the model that a training saves, from the cells of the CSV."""
    import keras

    from pipeline.evaluation.scoring import Scorer

    config = compose_experiment([f"data={name}", "tracking=memory", *overrides])
    output = Path("outputs", name)
    experiment.run(config, output=output)
    return Scorer(keras.saving.load_model(output / MODEL), meta).score(load_split(folder, "test"))


def ways(folder: Path, meta: Meta) -> list[Way]:
    """The prepared features, and the columns as they are."""
    assert meta.table is not None
    splits = ("train", "validation", "test")
    features = {split: np.array(load_split(folder, split).x, np.float64) for split in splits}
    columns = {split: raw_columns(folder / split / "rows.csv", meta) for split in splits}
    count = len(meta.table.numeric)
    categorical = [number >= count for number in range(columns["train"].shape[1])]
    return [
        Way("features", features, [False] * features["train"].shape[1]),
        Way("columns", columns, categorical),
    ]


def raw_columns(path: Path, meta: Meta) -> Array:
    """Numbers with gaps, and the numbers of categories. Unseen categories are gaps."""
    assert meta.table is not None
    text = tables.read(path)
    parts = []
    for feature in meta.table.numeric:
        operands = [numbers(text, column, advice="") for column in feature.of]
        with np.errstate(divide="ignore", invalid="ignore"):
            values = operands[0] if len(operands) == 1 else operands[0] / operands[1]
        parts.append(np.where(np.isfinite(values), values, np.nan))
    for category in meta.table.categorical:
        number = {level: float(place) for place, level in enumerate(category.levels)}
        parts.append(np.array([number.get(cell, np.nan) for cell in levels(text, category.name)]))
    return np.column_stack(parts)


def validation_loss(way: Way, folder: Path, meta: Meta) -> float:
    sign = -1 if deciding(meta).larger_is_better else 1
    return sign * deciding(meta).value(trees(way, ["train"], "validation", folder, meta))


def trees(way: Way, learn: list[str], test: str, folder: Path, meta: Meta) -> Scores:
    """The scores on the split `test` of trees that learn from the splits `learn`."""
    x = np.concatenate([way.x[split] for split in learn])
    y = np.concatenate([load_split(folder, split).y for split in learn])
    truth = np.asarray(load_split(folder, test).y)
    settings: dict[str, Any] = {"categorical_features": way.categorical, "random_state": 0}
    if meta.task == "regression":
        prediction = HistGradientBoostingRegressor(**settings).fit(x, y).predict(way.x[test])
        return scores_of(prediction.reshape(-1, 1), truth, meta)
    model = HistGradientBoostingClassifier(**settings).fit(x, y)
    raw = np.asarray(model.decision_function(way.x[test]), np.float64)
    return scores_of(raw.reshape(len(truth), -1), truth, meta)


def deciding(meta: Meta) -> metrics.Metric:
    return metrics.named("r2" if meta.task == "regression" else "log_loss", key="metric")


def compared(comparison: Comparison) -> tuple[str, list[str]]:
    """`wins`, `ties` or `loses`, and the cells of the table."""
    metric = deciding(comparison.meta)
    values = [metric.value(scores) for scores in comparison.networks]
    advantage, low, high = advantage_of(comparison)
    outcome = "wins" if low > 0 else "loses" if high < 0 else "ties"
    spread = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
    return outcome, [
        f"{sum(comparison.meta.rows.values()):,}",
        "R²" if comparison.meta.task == "regression" else "log loss",
        f"{np.mean(values):.4f}{spread}",
        f"{metric.value(comparison.trees):.4f} ({comparison.way})",
        f"{advantage:+.4f} [{low:+.4f}, {high:+.4f}]",
        outcome,
        accuracy_and_auc(comparison.networks[0]),
        accuracy_and_auc(comparison.trees),
        f"{metric.value(comparison.more_trees):.4f}",
        f"{comparison.seconds:.0f}",
        f"{comparison.tree_seconds:.1f}",
    ]


def advantage_of(comparison: Comparison) -> tuple[float, float, float]:
    """How much better the networks are than the trees, with its 95 % interval."""
    metric = deciding(comparison.meta)
    sign = 1 if metric.larger_is_better else -1

    def advantage(rows: Any) -> float:
        values = [metric.value(scores.take(rows)) for scores in comparison.networks]
        return sign * float(np.mean(values) - metric.value(comparison.trees.take(rows)))

    random, count = np.random.default_rng(0), len(comparison.trees)
    resampled = [advantage(random.integers(count, size=count)) for _ in range(RESAMPLES)]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return advantage(np.arange(count)), float(low), float(high)


def accuracy_and_auc(scores: Scores) -> str:
    if isinstance(scores, NumberScores):
        return ""
    assert isinstance(scores, ClassScores)
    accuracy = np.mean(scores.predicted == scores.truth)
    probabilities = scores.probabilities / scores.probabilities.sum(axis=1, keepdims=True)
    if len(scores.classes) == 2:
        area = roc_auc_score(scores.truth, probabilities[:, 1])
    else:
        labels = np.arange(len(scores.classes))
        area = roc_auc_score(scores.truth, probabilities, multi_class="ovr", labels=labels)
    return f"{accuracy:.3f}, {area:.3f}"


if __name__ == "__main__":
    main(sys.argv[1:])
