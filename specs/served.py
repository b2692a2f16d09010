"""A deployment as it will be served: its document with model, environment and flow resolved.

Owns what follows from a prompt flow (docs/documents.md lists it): the variables the serving
process needs, one worker count, the model's properties, an environment where none is named. All
of it gives way to what the user wrote. The arithmetic is `concurrency.py`'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from specs.concurrency import THREADS, WORKERS, Concurrency, concurrency
from specs.deployment import DeploymentSpec
from specs.documents import Document
from specs.environment import EnvironmentBuild, EnvironmentImage
from specs.flow import Flow
from specs.model import ModelUpload
from specs.quota import cores_of
from specs.references import EnvironmentReference, ModelReference
from specs.upload import ModelFile
from specs.workspace import Workspace

CONFIG_OVERRIDE = "PRT_CONFIG_OVERRIDE"
RUN_MODE = "PROMPTFLOW_RUN_MODE"
CONNECTION_PROVIDER = "PF_CONNECTION_PROVIDER"
CLIENT_ID = "AZURE_CLIENT_ID"
INIT_CONFIG = "PF_FLOW_INIT_CONFIG"
SOURCE_FLOW = "azureml.promptflow.source_flow_id"
PLACEHOLDER = re.compile(r"<[a-zA-Z][a-zA-Z0-9 _-]*>")
"""What examples leave to be filled in: `<workspace_name>`."""
_CONNECTION_REFERENCE = re.compile(r"^\$\{\{\s*azureml://connections/([^/}\s]+)\s*\}\}$")


@dataclass(frozen=True, kw_only=True)
class CodeUpload:
    """The folder of `code_configuration.code`, registered as a code asset."""

    name: str
    version: str
    files: tuple[ModelFile, ...]

    def id(self, workspace: Workspace) -> str:
        """ARM id of the version."""
        return workspace.asset_id("codes", self.name, version=self.version)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """An online deployment of a stack. Its values are known at preview."""

    spec: DeploymentSpec
    document: Document
    endpoint_name: str
    model: ModelUpload | ModelReference | None
    environment: EnvironmentImage | EnvironmentBuild | EnvironmentReference | None
    flow: Flow | None
    code: CodeUpload | CodeReference | None = None

    @property
    def name(self) -> str:
        """In lower case, as it is sent."""
        return self.spec.name

    @property
    def connections(self) -> tuple[str, ...]:
        """Names of the connections that the flow will ask the workspace for."""
        if self.flow is None:
            return ()
        variables = {**self.flow.environment_variables, **self.spec.environment_variables}
        wanted = (*self.flow.connections, *init_connections(variables.get(INIT_CONFIG, "")))
        names = (overridden(name, variables) for name in wanted)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def sample_request(self) -> Mapping[str, object] | None:
        """A body for a first request, None where nobody knows one."""
        return self.flow.sample_request if self.flow else None

    @cached_property
    def concurrency(self) -> Concurrency | None:
        """Workers, threads and requests per instance; None for what is no prompt flow."""
        if self.flow is None:
            return None
        requests = self.spec.request_settings
        return concurrency(
            cores_of(self.spec.instance_type) if self.spec.instance_type else None,
            self.spec.environment_variables,
            max_concurrent=requests.max_concurrent_requests_per_instance if requests else None,
        )

    def variables(self, workspace: Workspace) -> dict[str, str]:
        """The environment variables that are sent: ours where the user has not set them.

        Placeholders in PRT_CONFIG_OVERRIDE (`<workspace_name>`, from the article) are filled in.
        """
        given = dict(self.spec.environment_variables)
        override = config_override(workspace, self.endpoint_name, self.name)
        if CONFIG_OVERRIDE in given:
            given[CONFIG_OVERRIDE] = filled_in(given[CONFIG_OVERRIDE], override)
        if self.concurrency is None:
            return given
        ours = {
            CONFIG_OVERRIDE: override,
            RUN_MODE: "serving",
            WORKERS: str(self.concurrency.workers),
            THREADS: str(self.concurrency.threads),
        }
        if self.flow and self.flow.kind != "dag":
            # What such a flow makes its model configuration from looks for connections on its own
            # machine, unless it is told where they are.
            ours[CONNECTION_PROVIDER] = f"azureml:/{workspace.id}"
        return {**ours, **given}

    def body(
        self,
        workspace: Workspace,
        *,
        model_id: str | None,
        environment_id: str | None,
        code_id: str | None = None,
        client_id: str | None = None,
    ) -> dict[str, object]:
        """The ARM request body.

        `client_id`: of the endpoint's user-assigned identity, for the flow to sign in with.
        """
        variables = self.variables(workspace)
        if client_id is not None and PLACEHOLDER.search(variables.get(CLIENT_ID, "<absent>")):
            variables[CLIENT_ID] = client_id
        return self.spec.body(
            workspace,
            endpoint=self.endpoint_name,
            model_id=model_id,
            environment_id=environment_id,
            code_id=code_id,
            variables=variables,
            max_concurrent=self.concurrency.max_concurrent if self.concurrency else None,
        )


@dataclass(frozen=True)
class CodeReference:
    """Code that is registered already."""

    text: str

    def id(self, workspace: Workspace) -> str:
        """ARM id of the version, or the registry reference as written."""
        rest = self.text.removeprefix("azureml:")
        if rest.startswith("/"):
            return rest
        if self.text.startswith("azureml://"):
            return self.text
        name, _, version = rest.partition(":")
        return workspace.asset_id("codes", name, version=version)


def config_override(workspace: Workspace, endpoint: str, deployment: str) -> str:
    """PRT_CONFIG_OVERRIDE: where the serving process finds its workspace (the article)."""
    parts = {
        "subscription_id": workspace.subscription_id,
        "resource_group": workspace.resource_group,
        "workspace_name": workspace.name,
        "endpoint_name": endpoint,
        "deployment_name": deployment,
    }
    return ",".join(f"deployment.{key}={value}" for key, value in parts.items())


def filled_in(written: str, real: str) -> str:
    """A PRT_CONFIG_OVERRIDE with the values of `real` in place of its placeholders."""
    if not PLACEHOLDER.search(written):
        return written
    values = dict(part.split("=", 1) for part in real.split(",") if "=" in part)
    parts: list[str] = []
    for part in written.split(","):
        key, _, value = part.partition("=")
        known = values.get(f"deployment.{key.strip().removeprefix('deployment.')}")
        filled = known is not None and PLACEHOLDER.search(value)
        parts.append(f"{key.strip()}={known}" if filled else part)
    return ",".join(parts)


def overridden(connection: str, variables: Mapping[str, str]) -> str | None:
    """The connection that is asked for in place of `connection`; None when none is.

    A variable named like the connection (spaces as `_`) holds another's name, a reference to one,
    or a whole connection as JSON, which needs no workspace.
    """
    value = variables.get(connection.replace(" ", "_"), variables.get(connection))
    if value is None or not value.strip():
        return connection
    text = value.strip()
    if text.startswith("{"):
        return None
    reference = _CONNECTION_REFERENCE.match(text)
    return reference.group(1) if reference else text


def init_connections(config: str) -> tuple[str, ...]:
    """The connections that PF_FLOW_INIT_CONFIG gives to the model configurations of a flex flow.

    `config`: JSON, `{"model_config": {"connection": "their_openai", …}, …}`.
    """
    try:
        values = cast("object", json.loads(config))
    except ValueError:
        return ()
    if not isinstance(values, dict):
        return ()
    given = cast("dict[str, object]", values).values()
    made = [cast("dict[str, object]", each) for each in given if isinstance(each, dict)]
    return tuple(str(each["connection"]) for each in made if each.get("connection"))


def flow_properties(flow: Flow, given: Mapping[str, str]) -> dict[str, str]:
    """The model's properties with those that mark it as a prompt flow; the user's own win.

    Source: the article, "Register the flow as a model": the studio's test tab and the 300 s
    timeout depend on them.
    """
    ours = {SOURCE_FLOW: flow.name}
    if flow.is_chat:
        ours["azureml.promptflow.mode"] = "chat"
        if flow.chat_input:
            ours["azureml.promptflow.chat_input"] = flow.chat_input
        if flow.chat_output:
            ours["azureml.promptflow.chat_output"] = flow.chat_output
    return {**ours, **given}
