"""StackConfig: the only reader of stack config. Keys are camelCase, in namespace flow-endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, cast

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from specs.documents import a_kind
from specs.fields import EMPTY, Flag, Text, TextMap, Whole, one_of, refuse
from specs.spec import Spec


def _entry(value: object) -> object:
    if isinstance(value, str | Mapping):
        return cast(object, value)
    kind = "empty" if value is EMPTY else a_kind(value)
    fix = "Give a path, a mapping with the document's fields, or {file: …, set: …}."
    raise refuse(f"is {kind}, not a document", fix)


Entry = Annotated[str | dict[str, object], BeforeValidator(_entry)]
"""A document: a path, an inline mapping with the same fields, or `{file:, set:}`."""


class ServiceConfig(Spec):
    """One of `endpoints`: an endpoint, its deployments and the traffic between them."""

    endpoint: Entry = Field(description="The online endpoint's YAML.")
    deployments: list[Entry] = Field(
        default_factory=list[Entry],
        description="The YAML of each online deployment of this endpoint.",
    )
    traffic: dict[str, Whole] | None = Field(
        default=None,
        description="Percent of live traffic by deployment; absent: 100 % to the only one.",
    )
    mirror_traffic: dict[str, Whole] | None = Field(
        default=None, description="Percent of live traffic that one deployment gets a copy of."
    )


def _guid(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(_GUID, value):
        return value
    fix = "Look it up:  az role definition list --name NAME --query [].name"
    raise refuse("is no GUID of a role's definition", fix, "wrong-value")


_GUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
RoleGuid = Annotated[
    str, BeforeValidator(_guid), WithJsonSchema({"type": "string", "pattern": f"^{_GUID}$"})
]
OpenAiRole = Annotated[
    str,
    one_of("user", "contributor"),
    WithJsonSchema({"enum": ["User", "Contributor", "user", "contributor"]}),
]


class RolesConfig(Spec):
    """`roles`: choices among the roles that an endpoint's identity is given."""

    model_config = ConfigDict(alias_generator=to_camel)

    secrets_reader: RoleGuid | None = Field(
        default=None,
        description="GUID of a custom role with workspaces/connections/listsecrets/action, in "
        "place of Azure Machine Learning Workspace Connection Secrets Reader.",
    )
    open_ai: OpenAiRole | None = Field(
        default=None, description="User (the default) or Contributor, for connections without key."
    )
    metrics_writer: Flag = Field(
        default=False, description="Let user-assigned identities report CPU, memory and disk."
    )


class StackConfig(Spec):
    """What a stack sets beyond the YAML files."""

    model_config = ConfigDict(alias_generator=to_camel, title="Stack config of Flow Endpoints")

    resource_group: Text = Field(description="Resource group of the workspace.")
    workspace: Text = Field(description="The Azure Machine Learning workspace.")
    endpoints: list[ServiceConfig] = Field(description="What to deploy.")
    manage_roles: Flag = Field(
        default=True,
        description="Give endpoint identities their roles. false: print the commands instead.",
    )
    production: Flag = Field(
        default=False, description="Real users depend on this stack: stricter rules apply."
    )
    silence: TextMap = Field(
        default_factory=dict, description="Rules not to report: rule id -> the reason why."
    )
    connections: list[Entry] = Field(
        default_factory=list[Entry],
        description="The YAML of workspace connections to create or update.",
    )
    roles: RolesConfig = Field(default_factory=RolesConfig, description="Choices among roles.")

    elsewhere: ClassVar[Mapping[str, str]] = {
        "subscriptionId": "Set azure-native:subscriptionId instead.",
        "location": "Set azure-native:location instead.",
        "deployments": "List deployments below their endpoint, in `endpoints`.",
    }


def json_schema() -> dict[str, object]:
    """A JSON Schema of Pulumi.<stack>.yaml for editors."""
    own = cast(dict[str, object], _closed(StackConfig.model_json_schema()))
    definitions = cast(dict[str, object], own.pop("$defs", {}))
    fields = cast(dict[str, object], own["properties"])
    config: dict[str, object] = {
        "type": "object",
        "properties": {
            "azure-native:subscriptionId": {"type": "string", "minLength": 1},
            "azure-native:location": {
                "type": "string",
                "minLength": 1,
                "description": "Azure region.",
            },
            **{f"flow-endpoints:{name}": field for name, field in fields.items()},
        },
        "required": [
            "azure-native:subscriptionId",
            "azure-native:location",
            *(f"flow-endpoints:{name}" for name in cast(list[str], own["required"])),
        ],
        "patternProperties": {"^(?!flow-endpoints:)": {}},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pulumi stack file of Flow Endpoints",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": definitions,
    }


def _closed(schema: object) -> object:
    """A schema without what `load_stack` refuses: nulls, and fields that nobody knows."""
    if isinstance(schema, list):
        return [_closed(item) for item in cast(list[object], schema)]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(item) for key, item in cast(dict[str, object], schema).items()}
    options = closed.get("anyOf")
    if isinstance(options, list):
        left = [item for item in cast(list[object], options) if item != {"type": "null"}]
        closed = closed | {"anyOf": left}
    if "properties" in closed:
        closed.setdefault("additionalProperties", False)
    if closed.get("default", ...) is None:
        del closed["default"]
    return closed
