"""The workspace: what it keeps for all endpoints, each registered once.

The workspace itself is not created here: a team has one. Models and environments hang below it
and not below the endpoint that uses them first, so that removing an endpoint moves no other.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pulumi

from components.flow_environment import FlowEnvironment, FlowEnvironmentArgs
from components.flow_model import FlowModel, FlowModelArgs, staging
from components.providers.code_version import CodeVersion
from components.providers.connection import Connection
from components.survey import Survey
from specs import workspace as specs
from specs.connections import ConnectionResource
from specs.environment import EnvironmentBuild, EnvironmentImage
from specs.model import ModelUpload
from specs.references import Reference
from specs.served import CodeReference, CodeUpload


@dataclass(frozen=True, kw_only=True)
class WorkspaceArgs:
    """What a `Workspace` needs."""

    workspace: specs.Workspace
    """Where everything goes."""
    survey: Survey = field(default_factory=Survey)
    """What is there already."""
    connections: Sequence[ConnectionResource] = ()
    """Those that the stack creates or brings up to date."""


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A model or an environment, for a deployment to name and to wait for."""

    id: str | None
    """ARM id of the version, known before it exists; None: the deployment has none."""
    after: tuple[pulumi.Resource, ...] = ()
    """What registers it."""


class Workspace(pulumi.ComponentResource):
    """The assets of a workspace."""

    def __init__(
        self, name: str, args: WorkspaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """`name`: the workspace's."""
        super().__init__("flow-endpoints:ml:Workspace", name, None, opts)
        self.place = args.workspace
        self._models: dict[tuple[str, str], FlowModel] = {}
        self._environments: dict[tuple[str, str], FlowEnvironment] = {}
        self._codes: dict[tuple[str, str], CodeVersion] = {}
        self.survey = args.survey
        self._connections = {one.name: self._connected(one) for one in args.connections}

    def connections(self, names: Iterable[str]) -> list[pulumi.Resource]:
        """Those of the names that the stack declares, for what uses them to wait for."""
        return [self._connections[name] for name in names if name in self._connections]

    def model(self, wanted: ModelUpload | Reference | None) -> Asset:
        """The model that a deployment wants, registered with the first call for it."""
        if not isinstance(wanted, ModelUpload):
            return self._reference(wanted)
        key = (wanted.name, wanted.version)
        if key not in self._models:
            args = FlowModelArgs(workspace=self.place, model=wanted)
            name = _logical(key, self._models)
            self._models[key] = FlowModel(name, args, pulumi.ResourceOptions(parent=self))
        return Asset(id=wanted.id(self.place), after=(self._models[key].version,))

    def environment(self, wanted: EnvironmentImage | EnvironmentBuild | Reference | None) -> Asset:
        """The environment that a deployment wants, registered with the first call for it."""
        if not isinstance(wanted, EnvironmentImage | EnvironmentBuild):
            return self._reference(wanted)
        key = (wanted.name, wanted.version)
        if key not in self._environments:
            args = FlowEnvironmentArgs(workspace=self.place, environment=wanted)
            name = _logical(key, self._environments)
            opts = pulumi.ResourceOptions(parent=self)
            self._environments[key] = FlowEnvironment(name, args, opts)
        return Asset(id=wanted.id(self.place), after=(self._environments[key].version,))

    def code(self, wanted: CodeUpload | CodeReference | None) -> Asset:
        """The scoring script's folder that a deployment wants, registered likewise."""
        if not isinstance(wanted, CodeUpload):
            return self._reference(wanted)
        key = (wanted.name, wanted.version)
        if key not in self._codes:
            props = {
                "workspace_id": self.place.id,
                "name": wanted.name,
                "version": wanted.version,
                "files": staging(wanted.files),
            }
            name = _logical(key, self._codes)
            self._codes[key] = CodeVersion(name, props, pulumi.ResourceOptions(parent=self))
        return Asset(id=wanted.id(self.place), after=(self._codes[key],))

    def _reference(self, wanted: Reference | CodeReference | None) -> Asset:
        if isinstance(wanted, Reference):
            version = wanted.version or self.survey.versions.get(wanted.text)
            made = self._made(wanted, version)
            return Asset(id=wanted.id(self.place, version=version), after=made)
        return Asset(id=wanted.id(self.place) if wanted else None)

    def _made(self, wanted: Reference, version: str | None) -> tuple[pulumi.Resource, ...]:
        """What registers that very version, where an earlier deployment of the stack does."""
        key = (wanted.name or "", version or "")
        known = self._models.get(key) if wanted.kind == "models" else self._environments.get(key)
        return (known.version,) if known else ()

    def _connected(self, connection: ConnectionResource) -> Connection:
        properties = dict(cast("Mapping[str, object]", connection.body(os.environ)["properties"]))
        credentials = properties.pop("credentials", None)
        props = {
            "connection_id": connection.id(self.place),
            "properties": properties,
            "credentials": pulumi.Output.secret(credentials) if credentials else None,
        }
        return Connection(connection.name, props, pulumi.ResourceOptions(parent=self))


def _logical(key: tuple[str, str], known: Iterable[tuple[str, str]]) -> str:
    """A resource's name: the asset's, which stays when its content changes.

    Only where a stack wants two versions at once does the second carry its own.
    """
    name, version = key
    return f"{name}-{version}" if any(other == name for other, _ in known) else name
