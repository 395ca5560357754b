"""The certificate of a reproduction."""

import json
import subprocess

from pipeline.files import read_sealed
from pipeline.reproducing.certificate import JSON, MARKDOWN, NAMESPACE, Certificate, sign
from pipeline.reproducing.differences import Departure
from tests.support.refusals import refusal

SAME = Certificate("f" * 32, "iris", ("a", "a"), points=4, tests=1)
OTHER = Certificate(
    *("f" * 32, "iris", ("a", "b")),
    points=4,
    tests=1,
    departures=[Departure("train/loss", 3, 0.5, 0.25)],
    culprits=["data: data/raw/iris/data.csv differs"],
)


def test_equal_bits_are_identical():
    assert (SAME.verdict, SAME.same_bits) == ("identical", True)


def test_changed_record_is_different_although_the_bits_are_the_same():
    changed = Certificate(
        "f" * 32, "iris", ("a", "a"), points=4, tests=1, faults=["config.yaml: seed"]
    )
    assert (changed.verdict, changed.same_bits) == ("different", True)


def test_files_say_the_verdict_and_the_culprit(tmp_path):
    OTHER.write(tmp_path)
    assert read_sealed(tmp_path / JSON, made_by="a test")["verdict"] == "different"
    text = (tmp_path / MARKDOWN).read_text(encoding="utf-8")
    assert text.startswith("# Reproduction of iris: different\n")
    assert "- data: data/raw/iris/data.csv differs\n" in text
    assert "- train/loss at step 3: 0.5 and 0.25\n" in text


def test_signature_is_that_of_the_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    key = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", str(key)], check=True
    )
    SAME.write(tmp_path)
    signature = sign(tmp_path / JSON, key.relative_to(tmp_path.parent))
    public = key.with_suffix(".pub").read_text(encoding="utf-8").split()
    (tmp_path / "signers").write_text(f"me {public[0]} {public[1]}\n", encoding="utf-8")
    verify = [
        *("ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-I", "me"),
        *("-f", str(tmp_path / "signers"), "-s", str(signature)),
    ]
    content = (tmp_path / JSON).read_bytes()
    assert subprocess.run(verify, input=content, capture_output=True).returncode == 0
    assert subprocess.run(verify, input=content + b" ", capture_output=True).returncode != 0


def test_file_that_is_no_key_is_refused(tmp_path):
    SAME.write(tmp_path)
    (tmp_path / "no_key").write_text(json.dumps({}), encoding="utf-8")
    assert refusal(sign, tmp_path / JSON, tmp_path / "no_key").startswith(
        "signing the certificate failed. Received: "
    )


def test_run_that_was_not_trained_again_is_no_reproduction(tmp_path):
    refused = Certificate("f" * 32, "iris", ("a", None), points=0, tests=0, faults=["the patch"])
    assert (refused.verdict, refused.same_bits) == ("different", False)
    refused.write(tmp_path)
    text = (tmp_path / MARKDOWN).read_text(encoding="utf-8")
    assert "it was not trained again, because its code is not known." in text
