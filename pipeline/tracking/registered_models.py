"""Versions of a registered model in MLflow's model registry, with their tags and aliases.

MLflow makes each method's change whole or not at all. The alias `champion` decides what is served.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from pipeline.errors import PipelineError, suggestion
from pipeline.tracking import connection, logged_models, names
from pipeline.tracking.faults import reported

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_LONGEST = 5_000  # characters of a tag or a description in the tables of the registry
_TAG_OF_A_MODEL = "mlflow.modelVersions"  # with it, the page of a run links to the version


@dataclass(frozen=True)
class Version:
    """A version of a registered model.

    Args:
        source: `models:/<id of the logged model>`.
        description: in Markdown.
    """

    number: int
    run_id: str
    source: str
    tags: Mapping[str, str]
    description: str


class RegisteredModel:
    """A registered model. It may not exist yet.

    Raises:
        PipelineError: some part of MLflow would refuse the name.
    """

    def __init__(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise PipelineError(
                "the name of the registered model is invalid",
                received=name or "nothing",
                expected="Use letters, digits, _, - and dots, and begin with a letter or digit",
            )
        self.name = name
        self._client = connection.client()
        self.exists = _exists(self._client, name)

    def require(self) -> None:
        """Raises `PipelineError` if there is no registered model of this name."""
        if not self.exists:
            raise PipelineError(
                "there is no registered model of this name",
                received=self.name,
                expected=suggestion(self.name, _names(self._client)),
            )

    @reported()
    def versions(self) -> list[Version]:
        """All versions, the oldest first."""
        if not self.exists:
            return []
        entries = self._client.search_model_versions(f"name = '{self.name}'", max_results=10_000)
        return sorted(map(_version, entries), key=lambda version: version.number)

    @reported()
    def aliased(self, alias: str) -> int | None:
        """The number of the version with an alias."""
        if not self.exists:
            return None
        aliases: Mapping[str, str] = self._client.get_registered_model(self.name).aliases
        return int(aliases[alias]) if alias in aliases else None

    @reported()
    def register(self, run_id: str, tags: Mapping[str, str]) -> int:
        """Registers the logged model of a run, once, with these tags.

        If the files of the model were lost and logged again, they are another version.

        Returns:
            The number of the version.

        Raises:
            PipelineError: the store has no model of this run.
        """
        model_id = logged_models.model_id(run_id)
        source = f"models:/{model_id}"
        same = [one for one in self.versions() if one.source == source]
        if same:
            number = same[-1].number
            self.set_tags(same[-1], tags)
        else:
            self._create()
            created = self._client.create_model_version(
                self.name, source, run_id=run_id, tags=_within_limits(tags), model_id=model_id
            )
            number = int(created.version)
        self._link(model_id, number)
        return number

    def _create(self) -> None:
        if not self.exists:
            try:
                self._client.create_registered_model(self.name)
            except MlflowException as error:
                # Another machine may have created it on the server since the look-up.
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            self.exists = True

    def _link(self, model_id: str, number: int) -> None:
        tags = self._client.get_logged_model(model_id).tags
        links = json.loads(tags.get(_TAG_OF_A_MODEL, "[]"))
        link = {"name": self.name, "version": number}
        if link not in links:
            self._client.set_logged_model_tags(
                model_id, {_TAG_OF_A_MODEL: json.dumps([*links, link])}
            )

    @reported()
    def set_tags(self, version: Version, tags: Mapping[str, str | None]) -> None:
        """Sets those tags of a version that differ. None removes one."""
        for name, value in _within_limits(tags).items():
            if value is not None and version.tags.get(name) != value:
                self._client.set_model_version_tag(self.name, str(version.number), name, value)
            elif value is None and name in version.tags:
                self._client.delete_model_version_tag(self.name, str(version.number), name)

    @reported()
    def describe(self, version: Version, markdown: str) -> None:
        """Sets the description of a version. A long one is cut at the end of a line."""
        lines = markdown.splitlines()
        while len("\n".join(lines)) > _LONGEST:
            lines.pop()
        text = "\n".join(lines)
        if text != version.description:
            self._client.update_model_version(self.name, str(version.number), text)

    @reported()
    def set_alias(self, alias: str, number: int) -> None:
        """Gives an alias to a version. Another version loses it in the same moment."""
        self._client.set_registered_model_alias(self.name, alias, str(number))

    @reported()
    def delete_alias(self, alias: str) -> None:
        """Removes an alias, if a version has it."""
        self._client.delete_registered_model_alias(self.name, alias)


@reported()
def _exists(client: MlflowClient, name: str) -> bool:
    try:
        client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise
    return True


@reported()
def _names(client: MlflowClient) -> list[str]:
    return [str(model.name) for model in client.search_registered_models()]


def _version(version: ModelVersion) -> Version:
    return Version(
        number=int(version.version),
        run_id=str(version.run_id),
        source=str(version.source),
        tags=dict(version.tags),
        description=version.description or "",
    )


def _within_limits(tags: Mapping[str, str | None]) -> dict[str, str | None]:
    return {
        names.path(name): None if text is None else names.value(text, _LONGEST)
        for name, text in tags.items()
    }
