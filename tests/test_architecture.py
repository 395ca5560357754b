"""The rules of the layout: packages, who imports what, and the stages of dvc.yaml."""

import ast
from functools import cache

import pytest
import yaml

from pipeline.code import CHOICES, PACKAGE
from tests.support import ROOT
from tests.support.modules import loaded_by

LIBRARY = (
    "__init__",
    "__main__",
    "command_line",
    "completion",
    "composing",
    "console",
    "environment",
    "errors",
    "experiment",
    "files",
    "fitted_table",
    "formatting",
    "gpus",
    "layout",
    "locks",
    "new_experiment",
    "option_parser",
    "project",
    "recorded_evaluation",
    "redaction",
    "registry",
    "sealed_lines",
    "signals",
    "syntax",
    "tested_training",
)
PACKAGES = {
    "adopting",
    "baselines",
    "benchmarking",
    "comparing",
    "config",
    "data",
    "evaluation",
    "exporting",
    "metrics",
    "models",
    "notebooks",
    "own",
    "preloading",
    "promoting",
    "replaying",
    "reporting",
    "reproducing",
    "runs",
    "serving",
    "studies",
    "tracking",
    "training",
    "watching",
}
REGISTRIES = (
    "pipeline.baselines",
    "pipeline.data.formats",
    "pipeline.evaluation.figures",
    "pipeline.exporting.formats",
    "pipeline.metrics",
    "pipeline.models.families",
    "pipeline.replaying.probes",
    "pipeline.studies.oracles",
    "pipeline.tracking.stores",
    "pipeline.training.engines",
    "pipeline.training.losses",
    "pipeline.training.optimizers",
)
DOWNLOAD = "pipeline.data.fetching.download"
OWNERS = {
    "mlflow": "pipeline.tracking",
    "requests": DOWNLOAD,
    "urllib3": DOWNLOAD,
    "pooch": DOWNLOAD,
    "socket": f"{DOWNLOAD} pipeline.preloading",  # sockets of this machine
    "http": DOWNLOAD,
    "urllib.request": DOWNLOAD,
}
FOREIGN = {  # what each package never imports, as in the table of CONTRIBUTING.md
    "baselines": ("keras", "tensorflow", "mlflow"),
    "comparing": ("keras", "tensorflow", "mlflow"),
    "config": ("keras", "tensorflow", "mlflow"),
    "data": ("keras", "tensorflow"),
    "promoting": ("keras", "tensorflow", "mlflow"),
    "own": ("tensorflow", "mlflow", "pipeline.config", "pipeline.models", "pipeline.training"),
    "models": ("pipeline.data.raw", "pipeline.data.tables", "pipeline.files"),
    "runs": ("pipeline.training", "tensorflow"),
    "evaluation": ("pipeline.tracking",),
    "reporting": ("pipeline.evaluation.figures", "matplotlib"),
    "replaying": ("mlflow", "pipeline.evaluation"),
    "reproducing": ("keras", "tensorflow", "mlflow"),
    "watching": ("keras", "tensorflow", "mlflow"),
}
MODULES = sorted(PACKAGE.paths)
COMMANDS = PACKAGE.commands()
STAGES: dict[str, dict[str, object]] = {
    name: stage.get("do", stage)
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"].items()
}


@cache
def calls(module: str) -> list[ast.Call]:
    tree = ast.parse(PACKAGE.paths[module].read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def callers(*functions: str) -> set[str]:
    """The modules that call one of these functions."""
    return {
        module
        for module in MODULES
        if {ast.unparse(call.func) for call in calls(module)} & set(functions)
    }


def imports(module: str) -> frozenset[str]:
    return PACKAGE.module(module).imports


def within(name: str, owner: str) -> bool:
    return name == owner or name.startswith(f"{owner}.")


def command_of(stage: str) -> str:
    """The command in `exec python -m pipeline.<command> …`."""
    words = str(STAGES[stage]["cmd"]).split()
    assert words[:3] == ["exec", "python", "-m"]
    return words[3].removeprefix("pipeline.")


def deps(stage: str) -> set[str]:
    return {str(dep) for dep in STAGES[stage]["deps"]}  # type: ignore[attr-defined]


def test_top_modules_are_commands_or_shared():
    top = {path.stem for path in (ROOT / "pipeline").glob("*.py")}
    assert top == {*LIBRARY, *COMMANDS}


def test_packages_are_those_of_the_layout():
    assert {path.parent.name for path in (ROOT / "pipeline").glob("*/__init__.py")} == PACKAGES


@pytest.mark.parametrize("module", MODULES)
def test_no_module_imports_a_command(module):
    commands = {f"pipeline.{command}" for command in COMMANDS} - {"pipeline.code"}
    assert not imports(module) & commands


@pytest.mark.parametrize(("name", "owner"), sorted(OWNERS.items()))
def test_only_the_owner_imports(name, owner):
    users = [module for module in MODULES if any(within(other, name) for other in imports(module))]
    owners = owner.split()
    assert [module for module in users if not any(within(module, one) for one in owners)] == []


@pytest.mark.parametrize("registry", REGISTRIES)
def test_registry_is_opened_by_a_module(registry):
    users = [module for module in MODULES if registry in PACKAGE.module(module).registries]
    assert len(users) == 1
    assert PACKAGE.items(registry) or registry == "pipeline.training.optimizers"


def renames(call: ast.Call) -> bool:
    """Whether a call renames a file. `str.replace` takes two arguments."""
    name = ast.unparse(call.func)
    if name in ("os.replace", "os.rename", "os.renames", "shutil.move"):
        return True
    method = isinstance(call.func, ast.Attribute) and call.func.attr in ("rename", "replace")
    return method and len(call.args) == 1 and not call.keywords


def test_only_files_renames():
    assert [module for module in MODULES if any(map(renames, calls(module)))] == ["pipeline.files"]


def test_only_the_layout_spells_paths():
    spelling = {
        module
        for module in MODULES
        for call in calls(module)
        if ast.unparse(call.func) == "Path" and call.args
        if isinstance(call.args[0], ast.Constant)
    }
    # The environment reads files of the machine, outside the project.
    assert spelling == {"pipeline.layout", "pipeline.environment"}


def test_only_the_console_prints():
    functions = ("print", "sys.stdout.write", "sys.stderr.write")
    assert callers(*functions) == {"pipeline.console"}


def test_only_the_registry_computes_names_of_modules():
    """A closure holds what `import_module` imports only if its argument is a literal."""
    computing = {
        module
        for module in MODULES
        for call in calls(module)
        if ast.unparse(call.func).endswith(("import_module", "__import__"))
        and not isinstance(call.args[0], ast.Constant)
    }
    # `pipeline.load` must not make every command depend on the code that predicts. The user's own
    # modules are not part of this package.
    # A server imports the libraries that its client names.
    server = "pipeline.preloading.server"
    assert computing == {"pipeline", "pipeline.own.loading", "pipeline.registry", server}


@pytest.mark.parametrize("package", FOREIGN)
def test_package_imports_nothing_foreign(package):
    inside = [module for module in MODULES if within(module, f"pipeline.{package}")]
    assert inside
    assert [
        (module, name)
        for module in inside
        for name in imports(module)
        if any(within(name, foreign) for foreign in FOREIGN[package])
    ] == []


OPENER = "pipeline.evaluation.test_split"


def test_one_module_loads_the_test_split():
    """A name that is computed could be `test`, so every other module writes it out."""
    loads = {
        module: {ast.unparse(call.args[1]) for call in calls(module) if loads_a_split(call)}
        for module in MODULES
    }
    assert [name for name in loads if loads[name] - {"'train'", "'validation'"}] == [OPENER]


def loads_a_split(call: ast.Call) -> bool:
    return ast.unparse(call.func).endswith("load_split")


def test_one_module_reads_prepared_arrays():
    predictions = {"pipeline.evaluation.baseline_fits", "pipeline.evaluation.predictions"}
    raw = "pipeline.data.arrays"
    assert callers("np.load", "np.memmap") - {*predictions, raw} == {"pipeline.data.prepared"}


def test_commands_that_open_the_test_split_are_known():
    commands = {
        "pipeline.evaluation.assessment",
        "pipeline.export",
        "pipeline.inspect",
        "pipeline.notebooks.data",
        "pipeline.tested_training",
    }
    assert callers("open_test_split") == commands
    assert {module for module in MODULES if OPENER in imports(module)} == commands


@pytest.mark.parametrize(
    "command", ["add", "prepare", "train", "sweep", "tune", "report", "predict"]
)
def test_command_never_opens_the_test_split(command):
    assert OPENER not in PACKAGE.closure(f"pipeline.{command}")


def test_training_never_opens_the_test_split():
    """`repeat` trains and tests, so its trainings are looked at on their own."""
    roots = ["pipeline.experiment", *(name for name in MODULES if within(name, "pipeline.studies"))]
    assert OPENER not in PACKAGE.closure(*roots)


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "base", "core"])
def test_no_module_has_a_vague_name(word):
    assert [module for module in MODULES if module.rpartition(".")[2] == word] == []


@pytest.mark.parametrize(
    "command", ["add", "code", "compare", "compose", "fetch", "look", "prepare", "promote", "watch"]
)
def test_light_command_loads_no_tensorflow(command):
    assert not {"tensorflow", "keras", "mlflow"} & loaded_by(f"import pipeline.{command}")


def test_code_loads_neither_numpy_nor_hydra():
    assert not {"numpy", "hydra"} & loaded_by("import pipeline.code")


@pytest.mark.parametrize("stage", STAGES)
def test_stage_replaces_the_shell_by_its_command(stage):
    assert command_of(stage) == stage.partition("_")[0]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "code"])
def test_stage_depends_on_the_code_of_its_command(stage):
    assert f"outputs/code/{command_of(stage)}.txt" in deps(stage)


def test_no_stage_names_a_module():
    assert [dep for stage in STAGES for dep in deps(stage) if dep.startswith("pipeline/")] == []


@pytest.mark.parametrize("stage", STAGES)
def test_stage_without_the_choices_depends_on_them(stage):
    """A command may leave out the items that an experiment chooses only if its stage reads them."""
    choices = {"outputs/configs/${key}.code.txt", "outputs"}
    assert bool(choices & deps(stage)) == (command_of(stage) in CHOICES)


@pytest.mark.parametrize("command", ["fetch", "prepare"])
def test_data_stage_does_not_depend_on_training(command):
    closure = PACKAGE.command_closure(command)
    assert not [module for module in closure if within(module, "pipeline.training")]


@pytest.mark.parametrize("command", ["train", "repeat"])
def test_training_stage_needs_no_sweep_or_figure(command):
    closure = PACKAGE.command_closure(command)
    foreign = ("pipeline.studies", "pipeline.evaluation.figures", "pipeline.reporting")
    assert not [module for module in closure if any(within(module, other) for other in foreign)]


def test_stage_train_composes_nothing():
    """Its code file leaves out composition, so only the branch of a person's `train` may use it."""
    composition = "pipeline.config.experiment_composition"
    closure = PACKAGE.command_closure("train")
    users = [name for name in closure if composition in PACKAGE.module(name).imports]
    assert users == ["pipeline.train"]
    assert composition not in loaded_by("import pipeline.train")


@pytest.mark.parametrize("group", ["source", "data"])
def test_file_that_dvc_reads_inherits_nothing(group):
    for path in (ROOT / "conf" / group).glob("*.yaml"):
        assert "defaults" not in yaml.safe_load(path.read_text(encoding="utf-8"))


LOCKS = ["requirements.lock", "requirements-uv.lock"]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_package_index(name):
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index-url" not in lock


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash(name):
    lock = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    pins = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
