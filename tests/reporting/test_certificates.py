"""Certificates and audits of the runs in the report."""

import pytest

from pipeline.replaying.audit import Audit, AuditedStretch
from pipeline.reporting import certificates
from pipeline.reproducing.certificate import Certificate
from tests.support.results import RUN, rows_of

RUN_ID = RUN["run_id"]


@pytest.fixture
def rows(outputs):
    return rows_of(outputs)


def certificate(**facts):
    own = {"run_id": RUN_ID, "experiment": "shapes", "fingerprints": ("b", "b"), "points": 24}
    return Certificate(**own | {"tests": 2, "facts": {"time": "2026-11-27T21:14:51+00:00"}} | facts)


def test_certificate_is_shown_with_its_experiment(rows, tmp_path):
    certificate().write(tmp_path / RUN_ID)
    (proof,) = certificates.collect(rows, tmp_path)["shapes"]
    assert (proof.deed, proof.verdict, proof.is_good) == ("made again", "identical", True)
    assert proof.sentence == (
        "Fingerprint, 24 figures of the history and 2 test metrics compared on 2026-11-27"
    )
    assert proof.file == f"{tmp_path.name}/{RUN_ID}/certificate.json"


def test_difference_names_its_culprit(rows, tmp_path):
    certificate(fingerprints=("b", "c"), culprits=["other threads"]).write(tmp_path / RUN_ID)
    (proof,) = certificates.collect(rows, tmp_path)["shapes"]
    assert (proof.verdict, proof.is_good) == ("different", False)
    assert proof.sentence.endswith("on 2026-11-27. other threads")


@pytest.mark.parametrize(("differing", "is_good"), [([], True), (["train/loss"], False)])
def test_audit_is_shown(rows, tmp_path, differing, is_good):
    Audit(RUN_ID, "shapes", 4, [AuditedStretch(3, 6, differing)], [], "2026-11-27T21:14").write(
        tmp_path / RUN_ID
    )
    (proof,) = certificates.collect(rows, tmp_path)["shapes"]
    assert (proof.deed, proof.is_good) == ("audited", is_good)
    assert proof.sentence == "Trained again between kept checkpoints on 2026-11-27"


def test_edited_certificate_is_damaged(rows, tmp_path):
    certificate(fingerprints=("b", "c")).write(tmp_path / RUN_ID)
    file = tmp_path / RUN_ID / "certificate.json"
    file.write_text(file.read_text().replace("different", "identical"))
    (proof,) = certificates.collect(rows, tmp_path)["shapes"]
    assert (proof.verdict, proof.is_good) == ("damaged", False)


def test_experiment_without_a_certificate_has_no_proof(rows, tmp_path):
    assert certificates.collect(rows, tmp_path) == {}
