"""What a stack presumes to exist in its workspace and does not make itself, for a rehearsal.

A workspace that is made for the occasion is empty: connections, identities, computes, Azure
OpenAI accounts and custom roles are put there, with made-up keys. What cannot be made up is
`unknowable`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.providers.arm import (
    AUTHORIZATION_API,
    COGNITIVE_API,
    IDENTITY_API,
    ML_API,
    Arm,
    text,
)
from specs.served import Deployment, overridden
from specs.stack import Stack
from tools.flow_needs import custom_keys, model_deployments

_GROUP_API = "2021-04-01"
_ACCOUNTS = "Microsoft.CognitiveServices/accounts"
_OPENAI_HOST = re.compile(r"^https://([^./]+)\.openai\.azure\.com/?$", re.IGNORECASE)
_FIELD = re.compile(r"^\$\{\{\s*azureml://connections/([^/}\s]+)/credentials/([^/}\s]+)\s*\}\}$")
_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_CLUSTER = "Microsoft.ContainerService/managedClusters/rehearsal"
_SMALL = {"resources": {"requests": {"cpu": "1", "memory": "2Gi"}}}


@dataclass(frozen=True)
class Presumed:
    """One thing to put there before the stack comes."""

    called: str
    """What is said of it: `connection their_openai`. Empty: not worth a word."""
    arm_id: str
    body: Mapping[str, object]
    """Of the PUT. That of a connection holds the key of the local OpenAI account."""
    api: str = ML_API


def presumed(stack: Stack, *, account: str, key: str) -> list[Presumed]:
    """All that the stack presumes, each after what it hangs on.

    `account`: name of the world's own Azure OpenAI account, beside the workspace; `key`: its key,
    and that of every other account there.
    """
    place = stack.workspace
    things = [
        *_accounts(stack, own=f"{place.group_id}/providers/{_ACCOUNTS}/{account}"),
        *_connections(stack, account=account, key=key),
        *_identities(stack),
        *_computes(stack),
        *_roles(stack),
    ]
    ids = {thing.arm_id.lower(): thing for thing in things}
    groups = {_group_of(arm_id) for arm_id in ids} - {place.group_id.lower()}
    others = sorted(group for group in groups if "/resourcegroups/" in group)
    made = [Presumed("", group, {"location": place.location}, _GROUP_API) for group in others]
    return [*made, *ids.values()]


def give_up_ownership(arm: Arm, subscription: str, object_id: str) -> None:
    """Take the Owner role from the world's deployer, who made what is presumed; what it deploys
    with is the other role that it has.

    `subscription`: its ARM id; `object_id`: the deployer's.
    """
    assignments = f"{subscription}/providers/Microsoft.Authorization/roleAssignments"
    query = f"$filter=principalId eq '{object_id}'"
    for one in list(arm.list(assignments, api=AUTHORIZATION_API, query=query)):
        if text(one, "properties", "roleDefinitionId").endswith(_OWNER):
            arm.delete(text(one, "id"), api=AUTHORIZATION_API)


def _deployments(stack: Stack) -> Iterator[Deployment]:
    for service in stack.services:
        yield from service.deployments


def _accounts(stack: Stack, *, own: str) -> Iterator[Presumed]:
    """The accounts behind connections that the stack declares, and all models that are asked for.

    The world's own account has the models too: connections that are made up lead to it.
    """
    place = stack.workspace
    wanted = {own: ""}
    for connection in stack.connections:
        host = _OPENAI_HOST.match(connection.spec.address or "")
        if account := connection.openai_account:
            wanted[account] = account.rsplit("/", 1)[-1]
        elif host:
            wanted[f"{place.group_id}/providers/{_ACCOUNTS}/{host.group(1)}"] = host.group(1)
    models: set[str] = set()
    for one in _deployments(stack):
        if one.flow:
            models |= model_deployments(one.flow, one.spec.environment_variables)
    for arm_id, name in wanted.items():
        if arm_id != own:
            body = {"location": place.location, "kind": "OpenAI", "sku": {"name": "S0"}}
            yield Presumed(f"Azure OpenAI account {name}", arm_id, body, COGNITIVE_API)
        for model in sorted(models):
            about = {"model": {"format": "OpenAI", "name": model}}
            body = {"sku": {"name": "Standard", "capacity": 10}, "properties": about}
            yield Presumed("", f"{arm_id}/deployments/{model}", body, COGNITIVE_API)


def _connections(stack: Stack, *, account: str, key: str) -> Iterator[Presumed]:
    """Those that flows and variables name and the stack does not declare."""
    custom: dict[str, set[str]] = {}
    named: dict[str, None] = {}
    for one in _deployments(stack):
        variables = one.spec.environment_variables
        named |= dict.fromkeys(one.connections)
        for name, keys in (custom_keys(one.flow) if one.flow else {}).items():
            if real := overridden(name, variables):
                custom.setdefault(real, set()).update(keys)
        for value in variables.values():
            if field := _FIELD.match(value.strip()):
                named[field.group(1)] = None
                if field.group(2).lower() != "key":
                    custom.setdefault(field.group(1), set()).add(field.group(2))
    declared = {connection.name for connection in stack.connections}
    for name in named:
        if name not in declared:
            arm_id = f"{stack.workspace.id}/connections/{name}"
            body = _custom(custom[name]) if name in custom else _openai(account, key)
            yield Presumed(f"connection {name}", arm_id, {"properties": body})


def _openai(account: str, key: str) -> dict[str, object]:
    return {
        "authType": "ApiKey",
        "category": "AzureOpenAI",
        "target": f"https://{account}.openai.azure.com/",
        "credentials": {"key": key},
        "metadata": {"ApiType": "azure", "ApiVersion": "2024-02-01"},
        "isSharedToAll": True,
    }


def _custom(keys: set[str]) -> dict[str, object]:
    return {
        "authType": "CustomKeys",
        "category": "CustomKeys",
        "target": "_",
        "credentials": {"keys": dict.fromkeys(sorted(keys), "rehearsal")},
        "metadata": {},
        "isSharedToAll": True,
    }


def _identities(stack: Stack) -> Iterator[Presumed]:
    for service in stack.services:
        if arm_id := service.endpoint.identity_id:
            name = arm_id.rsplit("/", 1)[-1]
            body = {"location": stack.workspace.location}
            yield Presumed(f"identity {name}", arm_id, body, IDENTITY_API)


def _computes(stack: Stack) -> Iterator[Presumed]:
    """Kubernetes computes, with the instance types that deployments name."""
    types: dict[str, set[str]] = {}
    for service in stack.services:
        if arm_id := service.endpoint.compute_id(stack.workspace):
            wanted = (one.spec.instance_type for one in service.deployments)
            types.setdefault(arm_id, set()).update(name for name in wanted if name)
    cluster = f"{stack.workspace.group_id}/providers/{_CLUSTER}"
    for arm_id, names in types.items():
        inner = {"namespace": "default", "instanceTypes": dict.fromkeys(sorted(names), _SMALL)}
        about = {"computeType": "Kubernetes", "resourceId": cluster, "properties": inner}
        body = {"location": stack.workspace.location, "properties": about}
        yield Presumed(f"compute {arm_id.rsplit('/', 1)[-1]}", arm_id, body)


def _roles(stack: Stack) -> Iterator[Presumed]:
    """The custom role that takes the place of Azure's own."""
    if guid := stack.roles.secrets_reader:
        subscription = f"/subscriptions/{stack.workspace.subscription_id}"
        reads = "Microsoft.MachineLearningServices/workspaces/connections"
        about = {
            "roleName": f"custom role {guid}",
            "type": "CustomRole",
            "permissions": [{"actions": [f"{reads}/read", f"{reads}/listsecrets/action"]}],
            "assignableScopes": [subscription],
        }
        arm_id = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        yield Presumed(f"role {guid}", arm_id, {"properties": about}, AUTHORIZATION_API)


def _group_of(arm_id: str) -> str:
    return arm_id.partition("/providers/")[0]
