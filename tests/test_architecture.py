"""The rules of the layout, and dvc.yaml held to the code."""

import ast
import subprocess
import sys

import pytest
import yaml

from tests.support import ROOT
from tests.support.imports import closure, files_of, imported, modules

COMMANDS = (
    "fetch",
    "prepare",
    "compose",
    "train",
    "evaluate",
    "repeat",
    "report",
    "inspect",
    "tune",
)
STAGES = {"fetch_own": "fetch"} | {
    name: name for name in COMMANDS if name not in ("inspect", "tune")
}
OWNERS = {
    "mlflow": "pipeline.tracking",
    "requests": "pipeline.data.fetching.download",
    "urllib3": "pipeline.data.fetching.download",
    "pooch": "pipeline.data.fetching.download",
    "socket": "pipeline.data.fetching.download",
    "http": "pipeline.data.fetching.download",
    "urllib.request": "pipeline.data.fetching.download",
}
LIBRARIES = (
    "config",
    "data",
    "models",
    "training",
    "evaluation",
    "tracking",
    "reporting",
    "sweeping",
    "searching",
)


def _within(name: str, owner: str) -> bool:
    return name == owner or name.startswith(f"{owner}.")


def _dvc_stage(name: str) -> dict[str, list[object]]:
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"][name]
    return stage.get("do", stage)


def test_commands_are_the_top_level_and_everything_else_is_library():
    top = {path.stem for path in (ROOT / "pipeline").glob("*.py")}
    assert top == {"__init__", "errors", "files", "locks", "experiment", *COMMANDS}


def test_subpackages_are_the_ones_of_the_map():
    assert {path.parent.name for path in (ROOT / "pipeline").glob("*/__init__.py")} == set(
        LIBRARIES
    )


@pytest.mark.parametrize("name", sorted(modules()))
def test_no_module_imports_a_command(name):
    assert not [
        other
        for other in imported(name)
        if other in {f"pipeline.{command}" for command in COMMANDS}
    ]


@pytest.mark.parametrize(("package", "owner"), sorted(OWNERS.items()))
def test_a_package_is_imported_by_its_owner_alone(package, owner):
    users = [name for name in modules() if any(_within(other, package) for other in imported(name))]
    assert [name for name in users if not _within(name, owner)] == []


def test_only_files_renames():
    users = []
    for name, path in modules().items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        names = [call.attr for call in calls if isinstance(call, ast.Attribute)]
        os_calls = [ast.unparse(call) for call in calls]
        if "rename" in names or {"os.replace", "os.rename", "shutil.move"} & set(os_calls):
            users.append(name)
    assert users in ([], ["pipeline.files"])


def test_config_knows_no_keras():
    users = [
        name
        for name in modules()
        if name.startswith("pipeline.config")
        for other in imported(name)
        if "keras" in other
    ]
    assert users == []


def test_evaluation_does_not_log():
    users = [name for name in modules() if name.startswith("pipeline.evaluation")]
    assert [
        name
        for name in users
        if any(_within(other, "pipeline.tracking") for other in imported(name))
    ] == []


def test_training_does_not_open_the_test_split():
    for name in closure("pipeline.experiment"):
        tree = ast.parse(modules()[name].read_text(encoding="utf-8"))
        opened = [
            ast.unparse(node)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and ast.unparse(node.func) == "load_part"
            and "'test'" in ast.unparse(node)
        ]
        assert opened == []


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "base", "core"])
def test_no_module_has_a_name_that_says_nothing(word):
    assert [name for name in modules() if name.rpartition(".")[2] == word] == []


@pytest.mark.parametrize("command", ["fetch", "prepare", "compose"])
def test_a_data_command_loads_no_tensorflow(command):
    code = f"import sys, pipeline.{command}; print({{'tensorflow', 'keras', 'mlflow'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_the_deps_of_a_stage_are_the_modules_it_imports(stage):
    listed = {str(dep) for dep in _dvc_stage(stage)["deps"] if str(dep).endswith(".py")}
    assert listed == files_of(closure(f"pipeline.{STAGES[stage]}"))


def test_the_report_depends_on_its_templates():
    listed = {str(dep) for dep in _dvc_stage("report")["deps"]}
    templates = (ROOT / "pipeline/reporting/templates").iterdir()
    assert {str(path.relative_to(ROOT)) for path in templates} <= listed


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_runs_the_module_of_its_name_in_place_of_the_shell(stage):
    assert str(_dvc_stage(stage)["cmd"]).startswith(f"exec python -m pipeline.{STAGES[stage]}")


def test_a_file_of_training_is_no_dependency_of_fetch_prepare_or_compose():
    for command in ("fetch", "prepare", "compose"):
        assert not [
            name for name in closure(f"pipeline.{command}") if name.startswith("pipeline.training")
        ]


@pytest.mark.parametrize("group", ["source", "data"])
def test_files_that_dvc_reads_by_value_inherit_nothing(group):
    for path in (ROOT / "conf" / group).glob("*.yaml"):
        assert "defaults" not in yaml.safe_load(path.read_text(encoding="utf-8"))


def test_no_file_names_a_registry():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index-url" not in lock


def test_every_pin_of_the_lock_has_a_hash():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    pins = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
