"""The certificate: whether a second training gave the same bits, and if not, why."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.files import write_sealed, write_text
from pipeline.reproducing.differences import Departure, OtherVariable

JSON, MARKDOWN = "certificate.json", "certificate.md"
NAMESPACE = "keras-experiment-pipeline"  # of the signature
_SHOWN = 10  # of each kind of difference


@dataclass(frozen=True)
class Certificate:
    """The result of comparing a run with its reproduction.

    Args:
        fingerprints: of the run and of the second training; None if it was not trained again.
        points: how many figures of the history were compared.
        departures: those that differ, in the order of their steps.
        variables: those of the saved model that differ.
        tests: how many test metrics were compared.
        test_departures: those that differ.
        faults: what in the record was changed after the run.
        deviations: the inputs that differed: settings, data, code, versions, environment, CPU.
        culprits: what makes the difference.
        facts: commit, origin of the data, CPU, times and versions, by name.
    """

    run_id: str
    experiment: str
    fingerprints: tuple[str, str | None]
    points: int
    tests: int
    departures: Sequence[Departure] = ()
    variables: Sequence[OtherVariable] = ()
    test_departures: Sequence[Departure] = ()
    faults: Sequence[str] = ()
    deviations: Sequence[str] = ()
    culprits: Sequence[str] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def same_bits(self) -> bool:
        """Whether variables, history and test metrics are equal to the bit."""
        one, two = self.fingerprints
        return one == two and not (self.departures or self.test_departures)

    @property
    def identical(self) -> bool:
        """Whether all bits are equal, and the record is the one that the run wrote."""
        return self.same_bits and not self.faults

    @property
    def verdict(self) -> str:
        return "identical" if self.identical else "different"

    def write(self, folder: Path) -> None:
        """Writes the certificate as JSON and as Markdown."""
        folder.mkdir(parents=True, exist_ok=True)
        write_sealed(folder / JSON, {"verdict": self.verdict, **self.as_json()})
        write_text(folder / MARKDOWN, self.as_markdown())

    def as_json(self) -> dict[str, Any]:
        """All fields as plain values."""
        return {**asdict(self), "fingerprints": list(self.fingerprints)}

    def as_markdown(self) -> str:
        """The certificate for people."""
        lines = [
            f"# Reproduction of {self.experiment}: {self.verdict}",
            "",
            f"Run `{self.run_id}`: {self._sentence()}",
            "",
            "| | |",
            "|---|---|",
            f"| fingerprint of the run | `{self.fingerprints[0]}` |",
            f"| fingerprint of the second training | `{self.fingerprints[1] or 'none'}` |",
            f"| figures of the history | {self.points:,} compared, "
            f"{len(self.departures):,} different |",
            f"| test metrics | {self.tests:,} compared, {len(self.test_departures):,} different |",
            *(f"| {name} | {value} |" for name, value in self.facts.items()),
            "",
        ]
        for title, entries in self._sections().items():
            if entries:
                lines += [f"## {title}", "", *_listed(entries), ""]
        return "\n".join(lines)

    def _sentence(self) -> str:
        if self.fingerprints[1] is None:
            return "it was not trained again, because its code is not known."
        if self.identical:
            return "trained again, all variables, figures and test metrics have the same bits."
        if self.same_bits:
            return "trained again, the bits are the same, but the record was changed after the run."
        return "trained again, the bits are not the same."

    def _sections(self) -> dict[str, Sequence[object]]:
        return {
            "What makes the difference": self.culprits,
            "What was changed in the record after the run": self.faults,
            "What was not as in the run": self.deviations,
            "Figures that differ, the first ones first": self.departures,
            "Variables that differ": self.variables,
            "Test metrics that differ": self.test_departures,
        }


def _listed(entries: Sequence[object]) -> list[str]:
    more = len(entries) - _SHOWN
    return [f"- {entry}" for entry in entries[:_SHOWN]] + ([f"- and {more:,} more"] * (more > 0))


def sign(file: Path, key: Path) -> Path:
    """Signs a certificate with an SSH key, and returns the file of the signature.

    `ssh-keygen -Y verify` checks it. ssh-keygen may ask for the passphrase of the key.

    Raises:
        PipelineError: ssh-keygen is missing or failed.
    """
    command = [
        "ssh-keygen",
        "-q",
        "-Y",
        "sign",
        "-n",
        NAMESPACE,
        "-f",
        str(key.absolute()),
        file.name,
    ]
    signature = file.with_name(f"{file.name}.sig")
    signature.unlink(missing_ok=True)
    try:
        subprocess.run(command, cwd=file.parent, stderr=subprocess.PIPE, text=True, check=True)
    except FileNotFoundError:
        raise PipelineError(
            "ssh-keygen signs certificates, but it is not installed",
            expected="Install OpenSSH, or leave out --sign",
        ) from None
    except subprocess.CalledProcessError as error:
        raise PipelineError(
            "signing the certificate failed",
            received=" ".join(error.stderr.split()),
            expected="Give --sign the file of a private SSH key",
        ) from None
    return signature
