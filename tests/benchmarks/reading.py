"""Measures the way from a file to arrays, beside pandas and the bare reader of Arrow.

    python -m tests.benchmarks.reading [--rounds 5] [--memory GIGABYTES]

The tables have 1, 4 and 16 times the rows of california_housing, eight numbers and a target. Each
way reads the same file to one array of 64-bit floats. They take turns in one process, and the
median of their times counts.

- ours: `tables.read` and the numbers of all columns, with the line of each row for errors
- pandas: `read_csv` and `to_numpy`
- Arrow: `pyarrow.csv.read_csv` and a copy of all columns

`fetch` and `prepare` are the whole commands without their start: they check the file, copy it,
judge each column, split and compare rows, and write arrays and the data card.

--memory prints the peak memory of `pipeline.prepare` for a file of this size with numbers only, and
one with three columns of text. The files are made below the current folder.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
from numpy.typing import NDArray
from pyarrow import csv

from pipeline.config.data import Data, Task
from pipeline.config.source import Source
from pipeline.data import tables
from pipeline.data.columns.reader import read_numbers, reading_of
from pipeline.data.fetching.sources import fetch
from pipeline.data.preparing.preparation import prepare

ROOT = Path(__file__).parents[2]
ROWS = 20_640
NAMES = ["income", "age", "rooms", "bedrooms", "people", "household", "north", "east", "price"]
TIMES = (1, 4, 16)
Array = NDArray[np.float64]
# Prints the peak memory of a command in KiB. Linux counts the memory of the process that starts it
# as well, so a small process does.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def numbers_of(rows: int, random: np.random.Generator) -> dict[str, Array]:
    """Columns whose numbers have four decimals."""
    columns = {name: random.lognormal(size=rows).round(4) for name in NAMES}
    columns["price"] = (columns["income"] * 2 + columns["age"]).round(3)
    return columns


def write(path: Path, columns: dict[str, Any]) -> None:
    with path.open("ab") as file:
        if not file.tell():
            file.write(f"{','.join(columns)}\n".encode())
        csv.write_csv(pyarrow.table(columns), file, csv.WriteOptions(include_header=False))


def ours(path: Path) -> Array:
    columns = tables.read(path).columns
    return np.column_stack(
        [read_numbers(reading_of(name, "number"), columns[name], place=str)[0] for name in columns]
    )


def of_pandas(path: Path) -> Array:
    return pd.read_csv(path).to_numpy(np.float64)


def of_arrow(path: Path) -> Array:
    table = csv.read_csv(path)
    return np.column_stack([table[name].to_numpy() for name in table.column_names])


def seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def measure(rounds: int) -> None:
    """Prints a row of the table for each size."""
    print("| rows | ours | pandas | Arrow | pandas / ours | ours / Arrow | fetch | prepare |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    ways = (ours, of_pandas, of_arrow)
    for times in TIMES:
        with TemporaryDirectory() as temporary:
            root, path = Path(temporary), Path(temporary) / "houses.csv"
            write(path, numbers_of(times * ROWS, np.random.default_rng(0)))
            arrays = [way(path) for way in ways]
            if not all(np.array_equal(arrays[0], array) for array in arrays[1:]):
                raise ValueError("the ways read different numbers")
            taken = [[seconds(partial(way, path)) for way in ways] for _ in range(rounds)]
            own, other, bare = (median(way) for way in zip(*taken, strict=True))
            source = Source(name="houses", path=str(path))
            data = Data(name="houses", source="houses", target="price", task=Task.regression)
            fetching = seconds(partial(fetch, source, root=root))
            preparing = seconds(partial(prepare, data, raw_root=root, root=root / "prepared"))
        print(
            f"| {times * ROWS:,} | {own:.3f} s | {other:.3f} s | {bare:.3f} s | {other / own:.2f} "
            f"| {own / bare:.2f} | {fetching:.1f} s | {preparing:.1f} s |",
            flush=True,
        )


def wide_numbers(random: np.random.Generator) -> dict[str, Any]:
    """20,000 rows of 100 numbers with seven decimals, and a target."""
    columns = {f"x{number}": random.normal(size=20_000).round(7) for number in range(100)}
    return columns | {"price": (columns["x0"] + random.normal(size=20_000)).round(4)}


def numbers_and_texts(random: np.random.Generator) -> dict[str, Any]:
    """100,000 rows of 13 numbers, three texts and a target."""
    rows = 100_000
    columns: dict[str, Any] = {
        f"x{number}": random.normal(size=rows).round(5) for number in range(8)
    }
    columns |= {f"n{number}": random.integers(0, 1000, rows) for number in range(5)}
    for name, count in (("city", 300), ("street", 5000), ("colour", 8)):
        texts = np.array([f"{name} of the {number:04d}th kind" for number in range(count)])
        columns[name] = texts[random.integers(0, count, rows)]
    return columns | {"price": (columns["x0"] + random.normal(size=rows)).round(4)}


def measure_memory(gigabytes: float) -> None:
    """Prints the time and the peak memory of `pipeline.prepare` for large files."""
    print("\n| columns | rows | size | time | peak memory |\n|---|--:|--:|--:|--:|")
    for name, block in (
        ("100 numbers and the target", wide_numbers),
        ("13 numbers, three texts and the target", numbers_and_texts),
    ):
        with TemporaryDirectory(dir=".") as temporary:
            root, random, rows = Path(temporary), np.random.default_rng(0), 0
            path = root / "large.csv"
            while not rows or path.stat().st_size < gigabytes * 1e9:
                columns = block(random)
                write(path, columns)
                rows += len(columns["price"])
            shutil.copytree(ROOT / "conf", root / "conf")
            settings = "source: large\ntask: regression\ntarget: price\n"
            (root / "conf/data/large.yaml").write_text(settings, encoding="utf-8")
            fetch(Source(name="large", path=str(path)), root=root / "data/raw")
            size = path.stat().st_size
            path.unlink()
            began = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", _PEAK, sys.executable, "-m", "pipeline.prepare", "large"],
                stdout=subprocess.PIPE,
                check=True,
                cwd=root,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            took = time.perf_counter() - began
        print(
            f"| {name} | {rows:,} | {size / 1e9:.1f} GB | {took:.0f} s "
            f"| {int(done.stdout) / 1024:,.0f} MiB |",
            flush=True,
        )


def main(arguments: Sequence[str]) -> None:
    """Measures the time, and the memory if it is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=float, metavar="GIGABYTES")
    options = parser.parse_args(arguments)
    measure(options.rounds)
    if options.memory:
        measure_memory(options.memory)


if __name__ == "__main__":
    main(sys.argv[1:])
