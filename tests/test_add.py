"""One command from a file to an experiment."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from pipeline import add
from pipeline.config import params
from pipeline.config.composition import compose
from pipeline.config.data import PrepareConfig
from tests.support import ROOT, pages
from tests.support.refusals import refusal

FLATS = ["house,area,city,rent"] + [
    f"{100 + number},{20 + number * 7 % 50},{'AB'[number % 2]},{300 + number * 13 % 97}.5"
    for number in range(60)
]


@pytest.fixture(autouse=True)
def repository(in_empty_folder: Path) -> Path:
    """A repository with the configuration of this one, and the file `flats.csv`."""
    shutil.copytree(ROOT / "conf", "conf")
    shutil.copy(ROOT / "params.yaml", ".")
    write("flats.csv", FLATS)
    return in_empty_folder


@pytest.fixture
def run(call, capsys):
    """Runs the command and returns what it prints."""

    def run(*arguments: str) -> str:
        call(add, *arguments)
        return capsys.readouterr().out

    return run


def write(name: str, lines: list[str], encoding: str = "utf-8") -> None:
    Path(name).write_text("\n".join(lines) + "\n", encoding=encoding)


def everything() -> dict[str, str]:
    files = [path for path in Path().rglob("*") if path.is_file()]
    return {str(path): path.read_text(encoding="utf-8") for path in files}


def source(name: str = "flats") -> dict[str, object]:
    return yaml.safe_load(Path(f"conf/source/{name}.yaml").read_text(encoding="utf-8"))


def data(name: str = "flats") -> dict[str, object]:
    return yaml.safe_load(Path(f"conf/data/{name}.yaml").read_text(encoding="utf-8"))


def test_file_becomes_an_experiment(run):
    printed = run("flats.csv", "--target", "rent")
    assert source() == {"path": "flats.csv"}
    assert data() == {"task": "regression", "target": "rent"}
    listed = params.read()
    assert listed.own_files == {"flats": "flats.csv"}
    assert (listed.data["flats"], listed.experiments["flats"]) == ("flats", "flats")
    assert printed.endswith("next: dvc repro evaluate@flats && python -m pipeline.report flats\n")


def test_dry_run_writes_nothing(run):
    before = everything()
    printed = run("flats.csv", "--target", "rent", "--dry-run")
    assert everything() == before
    assert "\n  flats: {data: flats}\n\nnothing is written" in printed


def test_same_command_twice_changes_nothing(run):
    run("flats.csv", "--target", "rent")
    before = everything()
    run("flats.csv", "--target", "rent")
    assert everything() == before


def test_other_content_of_a_name_is_refused(run):
    run("flats.csv", "--target", "rent")
    before = everything()
    assert refusal(run, "flats.csv", "--target", "city") == (
        "the name flats is taken. Received: conf/source/flats.yaml, conf/data/flats.yaml. "
        "Choose another one with --name, or delete the files and entries of that name."
    )
    assert everything() == before


def test_failed_write_leaves_no_file(run, monkeypatch):
    before = everything()
    write_text = add.write_text

    def fail(path: Path, text: str) -> None:
        if path == Path("params.yaml"):
            raise OSError("no space")
        write_text(path, text)

    monkeypatch.setattr(add, "write_text", fail)
    with pytest.raises(OSError, match="no space"):
        run("flats.csv", "--target", "rent")
    assert everything() == before


def test_missing_target_names_likely_ones(run):
    assert refusal(run, "flats.csv") == (
        "the column to predict is missing. Add --target <column>, such as rent. The file has: "
        "house, area, city, rent."
    )


def test_unknown_target_is_refused(run):
    assert refusal(run, "flats.csv", "--target", "Rent") == (
        "flats.csv has no column of this name. Received: Rent. Did you mean rent? Allowed: "
        "area, city, house, rent."
    )


def test_settings_of_the_file_are_found(run):
    lines = ["Report of 2024", *(line.replace(",", ";").replace("A", "Köln") for line in FLATS)]
    write("flats.csv", lines, encoding="cp1252")
    run("flats.csv", "--target", "rent")
    assert source() == {
        "path": "flats.csv",
        "encoding": "cp1252",
        "delimiter": ";",
        "skip_rows": 1,
    }
    assert "# A guess, because of flats.csv, line " in Path("conf/source/flats.yaml").read_text()


def test_target_in_the_first_line_means_header(run):
    write(
        "flats.csv",
        [
            "1,2,2015",
            *(line.split(",", 1)[1].replace(",A", ",1").replace(",B", ",2") for line in FLATS[1:]),
        ],
    )
    run("flats.csv", "--target", "2015")
    assert source() == {"path": "flats.csv", "header": True}


def test_column_in_doubt_is_left_out_and_named(run):
    doubtful = [
        f"{line},{'off' if number == 9 else number * 11 % 17}" for number, line in enumerate(FLATS)
    ]
    write("flats.csv", ["house,area,city,rent,power", *doubtful[1:]])
    printed = run("flats.csv", "--target", "rent")
    assert data() == {"task": "regression", "target": "rent", "drop": ["power"]}
    assert printed.splitlines()[1].startswith(
        "power is in doubt, so it is left out: it holds numbers, but 1 of 60 values are not: 'off'"
    )
    assert "data.na_values: {power: ['off']}" in " ".join(
        Path("conf/data/flats.yaml").read_text().replace("\n#", "").split()
    )


def test_setting_of_the_command_line_decides(run):
    doubtful = [
        f"{line},{'off' if number == 9 else number * 11 % 17}" for number, line in enumerate(FLATS)
    ]
    write("flats.csv", ["house,area,city,rent,power", *doubtful[1:]])
    run("flats.csv", "--target", "rent", "data.na_values={power: [off]}")
    assert data()["na_values"] == {"power": ["off"]}
    assert "drop" not in data()


def test_target_in_doubt_is_refused(run):
    write("flats.csv", [line.replace("313.5", "cheap") for line in FLATS])
    before = everything()
    assert refusal(run, "flats.csv", "--target", "rent").startswith(
        "flats.csv: 1 column in doubt. rent: it holds numbers, but 1 of 60 values are not: 'cheap'"
    )
    assert everything() == before


def test_doubt_in_most_columns_is_refused(run):
    rows = [
        f"{number},{-999 if number % 5 == 0 else number},{-999 if number % 7 == 0 else number * 3}"
        for number in range(1, 90)
    ]
    write("flats.csv", ["y,a,b", *rows])
    assert "2 columns in doubt. a: -999 is in" in refusal(run, "flats.csv", "--target", "y")


def test_rows_without_target_are_left_out(run):
    write("flats.csv", [line.replace("313.5", "") for line in FLATS])
    run("flats.csv", "--target", "rent")
    assert data()["drop_missing_target"] is True


def test_sum_below_the_rows_is_left_out(run):
    write(
        "flats.csv",
        [
            *FLATS[:1],
            *(line.replace("A", f"A{n % 5}") for n, line in enumerate(FLATS[1:])),
            "0,0,Total,9999.5",
        ],
    )
    run("flats.csv", "--target", "rent")
    assert source()["skip_footer"] == 1


@pytest.mark.parametrize(("rows", "split"), [(2, {"method": "random"}), (3, None)])
def test_rare_class_makes_the_split_random(run, rows, split):
    write(
        "flats.csv",
        [
            line.replace(",A", ",C", 1) if 0 < number <= 2 * rows else line
            for number, line in enumerate(FLATS * 2)
            if line != FLATS[0] or not number
        ],
    )
    run("flats.csv", "--target", "city")
    assert data().get("split") == split


def test_class_of_one_row_is_refused(run):
    write("flats.csv", [*FLATS, "999,1,Z,1.5"])
    assert refusal(run, "flats.csv", "--target", "city") == (
        "data.split.method stratified needs more rows of class Z. Received: 1 row. "
        "Expected: at least 3; or set data.split.method: random."
    )


def test_dates_are_suggested_for_the_split(run):
    write(
        "flats.csv",
        [
            f"{line},{'day' if not number else f'2024-03-{1 + number % 28:02}'}"
            for number, line in enumerate(FLATS)
        ],
    )
    printed = run("flats.csv", "--target", "rent")
    assert (
        "suggestion: day holds dates. If the model will see later days, set split: {time: day}"
        in printed
    )
    assert "split" not in data()


def test_written_files_are_those_that_were_tried(run):
    run("flats.csv", "--target", "city", "--name", "cities", "--task", "classification")
    composed = compose("prepare", PrepareConfig, ["data=cities"]).data
    assert (composed.target, composed.task.value) == ("city", "classification")


def test_command_writes_the_files_of_the_page(run):
    shutil.copytree(ROOT / "docs", "docs")
    words = pages.blocks("your-own-csv.md", "sh")[0].split()
    assert words[:3] == ["python", "-m", "pipeline.add"]
    run(*words[3:-1])
    assert words[-1] == "--run"
    written = Path("conf/data/rents.yaml").read_text(encoding="utf-8")
    assert written.startswith(pages.blocks("your-own-csv.md", "yaml")[0])


def test_failed_run_is_one_line(run, monkeypatch):
    commands = []

    def fail(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        commands.append(command[1:])
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(subprocess, "run", fail)
    assert refusal(run, "flats.csv", "--target", "rent", "--run") == (
        "dvc repro evaluate@flats failed. See its error above. Fix that, and run the same command "
        "again."
    )
    assert commands == [["-m", "dvc", "repro", "evaluate@flats"]]
    assert Path("conf/data/flats.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "none.csv does not exist. Name a file with a table."),
        (["conf"], "conf is a folder. Name a file with a table."),
        (
            ["flats.csv", "--name", "My Flats"],
            "--name is invalid. Received: My Flats. Use lower-case letters, digits and _, at most "
            "100.",
        ),
        (
            ["flats.csv", "rows=5"],
            "this is not a setting. Received: rows=5. Write source.<setting>=<value> or "
            "data.<setting>=<value>.",
        ),
        (
            ["flats.csv", "--target", "rent", "data.rowz=5"],
            "conf/data/flats.yaml: data.rowz is not a setting.",
        ),
        (
            ["flats.csv", "--target", "rent", "--name", "iris_perceptron"],
            "the name iris_perceptron is taken. Received: conf/experiment/iris_perceptron.yaml. "
            "Choose another one with --name, or delete the files and entries of that name.",
        ),
        (["flats.csv", "--tarjet", "rent"], "this flag does not exist: --tarjet"),
    ],
)
def test_invalid_arguments_are_refused(run, arguments, message):
    before = everything()
    assert refusal(run, *arguments).startswith(message)
    assert everything() == before


LOADS = ["height,wall,heating,cooling"] + [
    f"{3 + n % 4},{200 + n * 7 % 50},{20 + n * 13 % 31}.5,{30 + n * 5 % 23}.5" for n in range(60)
]


def test_several_targets_are_separated_by_commas(run):
    write("loads.csv", LOADS)
    shown = run("loads.csv", "--target", "heating,cooling")
    assert "regression of heating, cooling: " in shown
    assert data("loads")["target"] == ["heating", "cooling"]


def test_rows_without_some_target_are_left_out(run):
    write("loads.csv", [*LOADS, "3,210,,31.5", "4,220,22.5,", "5,230,,"])
    run("loads.csv", "--target", "heating,cooling")
    text = Path("conf/data/loads.yaml").read_text(encoding="utf-8")
    assert "heating or cooling is missing in 3 of 63 rows" in " ".join(text.split())
    assert data("loads")["drop_missing_target"] is True


def test_name_of_a_target_may_hold_a_comma(run):
    write("flats.csv", [FLATS[0].replace("rent", '"rent, warm"'), *FLATS[1:]])
    run("flats.csv", "--target", "rent, warm")
    assert data()["target"] == "rent, warm"


def test_unknown_target_among_several_is_named(call):
    write("loads.csv", LOADS)
    assert "has no column of this name. Received: heat." in refusal(
        call, add, "loads.csv", "--target", "heat,cooling"
    )
