"""One command from a file to an experiment."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from PIL import Image

from pipeline import add
from pipeline.config import params, plan_file
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


@pytest.fixture
def composed() -> None:
    """Another experiment, and a plan that is older than the file to add."""
    write(
        "params.yaml",
        [
            *("sources: [digits]", "own_files: {}"),
            *("data:", "  digits: digits"),
            *("experiments:", "  digits_cnn: {data: digits}"),
        ],
    )
    plan_file.write({})


@pytest.mark.usefixtures("composed")
def test_other_experiments_stay_composed(call, capsys):
    call(add, "flats.csv", "--target", "rent")
    assert capsys.readouterr().err == ""
    plan_file.require_current()
    assert set(plan_file.read()) == {"digits_cnn", "flats"}
    assert Path("outputs/configs/flats.yaml").is_file()


@pytest.mark.usefixtures("composed")
def test_addition_stays_if_another_experiment_is_invalid(call, capsys):
    Path("conf/experiment/digits_cnn.yaml").write_text("epochs: 1\n", encoding="utf-8")
    call(add, "flats.csv", "--target", "rent")
    assert "flats" in params.read().experiments
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "warning: the new experiment is written, but the experiments do not compose: "
        "conf/experiment/digits_cnn.yaml"
    )


def test_nothing_is_composed_before_the_first_time(run):
    run("flats.csv", "--target", "rent")
    assert not Path("outputs").exists()


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
        (["none.csv"], "none.csv does not exist. Name a file with a table, or "),
        (["conf/space"], "conf/space has no folders of two or more classes."),
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


def test_lists_of_labels_become_a_target(run):
    lists = ["x|y", "y", "z|x", "", "x|y|z", "x", "z", "y|rare", "rare"]
    cells = [lists[number % 7] for number in range(70)] + lists[-2:]
    write("tags.csv", ["a,tags", *(f"{number % 9},{cell}" for number, cell in enumerate(cells))])
    told = run("tags.csv", "--target", "tags")
    assert "A guess: tags holds lists of labels, such as 'x|y'." in told
    assert (
        "Each label in 10 rows or more becomes an output. The others are ignored: 'rare'." in told
    )
    own = {"tags": {"separator": "|", "labels": ["x", "y", "z"]}}
    assert data("tags") == {"task": "multi_label", "target": "tags", "label_lists": own}


def draw(folder: str, *sizes: tuple[int, int]) -> None:
    for name in ("cat", "dog"):
        for number in range(10):
            path = Path(folder, name, f"{number}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", sizes[number % len(sizes)], (number * 20, 0, 0)).save(path)


def test_folder_of_images_becomes_an_experiment(run):
    draw("photos", (8, 6), (12, 6))
    told = run("photos")
    assert "classification of label: 12 train, 4 validation, 4 test rows" in told
    assert source("photos") == {"path": "photos/", "image_shape": [6, 10, 3]}
    assert data("photos") == {"task": "classification", "target": "label"}


def test_list_of_images_becomes_an_experiment(run, call):
    draw("photos", (8, 6))
    names = [f"{name}/{number}.png,{name}" for name in ("cat", "dog") for number in range(10)]
    write("photos/list.csv", ["file,animal", *names])
    message = refusal(call, add, "photos/list.csv", "--target", "animal")
    assert "set images in the source's settings to the folder in which these names" in message
    run("photos/list.csv", "--target", "animal", "source.images=photos")
    assert source("list") == {"path": "photos/list.csv", "images": "photos"}


def test_columns_of_pixels_are_noted(run):
    pixels = [[(7 * row + 13 * column) % 93 for column in range(64)] for row in range(30)]
    rows = [f"{row % 3},{','.join(map(str, cells))}" for row, cells in enumerate(pixels)]
    write("pixels.csv", [",".join(["kind", *(f"p{number}" for number in range(64))]), *rows])
    told = run("pixels.csv", "--target", "kind")
    assert "64 columns hold whole numbers from 0 to 92, as pixels do." in told
    run("pixels.csv", "--target", "kind", "--name", "images", "source.image_shape=[8, 8, 1]")
    assert source("images")["image_shape"] == [8, 8, 1]


def test_note_below_the_table_is_left_out(run):
    write("noted.csv", ["a,b,y", *(f"{n % 7},{n}.5,{n % 2}" for n in range(40)), "Source: me,,"])
    told = run("noted.csv", "--target", "y")
    assert "the last row has only 'Source: me', so it may be a note." in told
    assert source("noted")["skip_footer"] == 1


def test_test_file_without_targets_is_named(call):
    write("train.csv", ["a,y", *(f"{n},{n % 5}.5" for n in range(40))])
    write("test.csv", ["a,y", *(f"{n},?" for n in range(10))])
    message = refusal(call, add, "train.csv", "--target", "y", "source.test_path=test.csv")
    assert "test.csv has no row with a target. Received: 10 rows without y." in message


def test_setting_of_a_group_is_set(run, call):
    kinds = ["a"] * 20 + ["b"] * 20 + ["rare"]
    write("kinds.csv", ["x,kind", *(f"{n}.5,{kind}" for n, kind in enumerate(kinds))])
    message = refusal(call, add, "kinds.csv", "--target", "kind")
    assert "or set data.split.method: random" in message
    run("kinds.csv", "--target", "kind", "data.split.method=random", "data.split.seed=3")
    assert data("kinds")["split"] == {"method": "random", "seed": 3}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("3", 3),
        ("[off, NA, null, true, 1, 2.5]", ["off", "NA", "null", "true", 1, 2.5]),
        ("{no: off, b: [yes, 2]}", {"no": "off", "b": ["yes", 2]}),
        ("[unclosed", "[unclosed"),
    ],
)
def test_words_of_a_list_stay_text(text, value):
    assert add._value(text) == value


def test_settings_are_grouped_by_their_keys():
    settings = ["data.split.seed=3", "data.split.test=0.2", "source.header=false"]
    assert add._by_group(settings) == {
        "source": {"header": False},
        "data": {"split": {"seed": 3, "test": 0.2}},
    }


@pytest.mark.parametrize("setting", ["model.units=3", "data.=3", "data.drop", "data"])
def test_other_word_is_no_setting(setting):
    assert refusal(add._by_group, [setting]).startswith(
        f"this is not a setting. Received: {setting}. Write source.<setting>=<value>"
    )
