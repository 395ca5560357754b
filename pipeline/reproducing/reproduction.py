"""Makes a run again in a work tree of its own, and compares the two."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

from pipeline.console import log
from pipeline.reproducing import second_training
from pipeline.reproducing.certificate import Certificate
from pipeline.reproducing.culprits import culprits, deviations
from pipeline.reproducing.data import PlacedData
from pipeline.reproducing.differences import departures, other_variables
from pipeline.reproducing.original import Original, model_of
from pipeline.reproducing.process import Commands
from pipeline.reproducing.second_training import SecondTraining
from pipeline.reproducing.setting_up import Options, set_up


def reproduce(original: Original, options: Options) -> Certificate:
    """Trains a run again, and tests it if the run was tested.

    A killed reproduction resumes with the same call, and the work tree is removed at the end.

    Raises:
        PipelineError: the code, the data or the packages of the run are missing.
    """
    if not original.has_its_patch:
        return _refused(original)  # nobody knows what code the patch brings
    ready = set_up(original, options)
    commands, placed = ready.commands, ready.data
    log(f"{original.name}: is trained again in {commands.folder}, from {placed.origin}")
    commands.run("train", "--resolved", original.name)
    if original.tests:
        commands.run("evaluate", f"experiment={original.name}")
    again = second_training.read(commands.folder, original.name)
    certificate = _certificate(original, again, placed, commands)
    ready.remove()
    return certificate


def _refused(original: Original) -> Certificate:
    """The certificate of a run without known code. The run is not trained again."""
    return Certificate(
        run_id=original.run_id,
        experiment=original.name,
        fingerprints=(original.fingerprint, None),
        points=0,
        tests=0,
        faults=original.faults,
        culprits=[f"record: {fault}" for fault in original.faults],
        facts={"time": _now()},
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _certificate(
    original: Original, again: SecondTraining, placed: PlacedData, commands: Commands
) -> Certificate:
    tests = {name: again.tests.get(name, {}) for name in original.tests}
    certificate = Certificate(
        run_id=original.run_id,
        experiment=original.name,
        fingerprints=(original.fingerprint, again.run.fingerprint),
        points=sum(map(len, original.points.values())),
        tests=sum(map(len, tests.values())),
        departures=departures(original.points, again.points),
        test_departures=departures(original.tests, tests),
        faults=original.faults,
        deviations=deviations(original, again, changed_data=placed.changed),
        facts=_facts(original, again, placed),
    )
    if certificate.identical:
        return certificate
    model = model_of(original)
    variables = other_variables(model, again.model) if model else []
    third = None
    if again.run.fingerprint != original.fingerprint and not certificate.deviations:
        log(f"{original.name}: equal inputs gave other bits, so it is trained once more")
        third = _fingerprint_of_one_more(original, commands)
    named = culprits(original, again, differences=certificate.deviations, third=third)
    return replace(certificate, variables=variables, culprits=named)


def _fingerprint_of_one_more(original: Original, commands: Commands) -> str:
    shutil.rmtree(commands.folder / "mlruns/checkpoints")
    commands.run("train", "--resolved", original.name)
    return second_training.read(commands.folder, original.name).run.fingerprint


def _facts(original: Original, again: SecondTraining, placed: PlacedData) -> dict[str, str]:
    git = original.lineage["git"]
    code = "no repository: the code of this project"
    if git is not None:
        code = f"commit `{git['commit']}`" + (" with diff.patch" if git["dirty"] else "")
    versions = original.identity["versions"].items()
    return {
        "code": code,
        "data": placed.origin,
        "run key": f"`{original.lineage['run_key']}`",
        "versions": ", ".join(f"{name} {number}" for name, number in versions),
        "threads": str(original.identity["settings"]["training"]["threads"]),
        "CPU": again.lineage["cpu"]["model"],
        "time": _now(),
    }
