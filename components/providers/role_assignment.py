"""RoleAssignment: that an identity has a role at a scope, whoever assigned it.

Azure keeps one assignment per identity, role and scope, under any name. azure-native's resource
is one under a name of ours, and fails where an administrator was there first (docs/adr/0001).
"""

import time
from collections.abc import Mapping
from typing import cast

import pulumi
from pulumi import dynamic
from pulumi.runtime import rpc

from components.providers.arm import AUTHORIZATION_API, ArmError, arm, text
from components.providers.failures import ProviderError, explained
from specs.roles import Role, assignment_name, grant_command

Props = dict[str, object]

PATIENCE = 180.0
"""Seconds to put up with an identity that Entra does not know yet, and with an assignment that
is said to exist and is not to be seen."""
FACTS = ("scope", "roleDefinitionId", "principalId")
CONTAINER = "providers/Microsoft.Authorization/roleAssignments"


class RoleAssignmentProvider(dynamic.ResourceProvider):
    """Inputs: scope, roleDefinitionId (ARM ids), principalId, principalType, and `role`, the
    role's name for people.

    Output besides them: `adopted`, true for an assignment that was there before; that one is
    left alone when the resource is deleted.
    """

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: Props, _news: Props) -> dynamic.DiffResult:
        """Azure changes nothing of an assignment. The identity of an endpoint that is about to
        change is not known in a preview; it stays the same unless the endpoint is replaced."""
        replaces = [
            key for key in FACTS if _news.get(key) not in (_olds.get(key), rpc.UNKNOWN, None)
        ]
        return dynamic.DiffResult(changes=bool(replaces), replaces=replaces)

    def create(self, props: Props) -> dynamic.CreateResult:
        """Assign the role, unless the identity has it."""
        with explained(_attempt(props)):
            id_, adopted = _assigned(props)
        return dynamic.CreateResult(id_, props | {"adopted": adopted})

    def read(self, id_: str, props: Props) -> dynamic.ReadResult:
        """Gone when somebody took it away, so that the next update assigns it again."""
        with explained(f"cannot read the assignment of role {props.get('role')}"):
            there = arm().get(id_, api=AUTHORIZATION_API) is not None
        return dynamic.ReadResult(id_, props) if there else dynamic.ReadResult("", {})

    def delete(self, _id: str, _props: Props) -> None:
        """Take away what was assigned here; what was adopted is its owner's."""
        if not _props.get("adopted"):
            with explained(f"cannot take away role {_props.get('role')}"):
                arm().delete(_id, api=AUTHORIZATION_API)


class RoleAssignment(dynamic.Resource, module="flow-endpoints", name="RoleAssignment"):
    """That an identity has a role."""

    adopted: pulumi.Output[bool]
    """Whether it was there before."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: the provider's inputs."""
        super().__init__(RoleAssignmentProvider(), name, {"adopted": None, **props}, opts)


def _assigned(props: Props) -> tuple[str, bool]:
    """ARM id of the assignment, and whether it was there before."""
    scope, principal = str(props["scope"]), str(props["principalId"])
    role = _role(props)
    own = f"{scope}/{CONTAINER}/{assignment_name(role, principal_id=principal, scope=scope)}"
    body = {
        "properties": {
            "roleDefinitionId": props["roleDefinitionId"],
            "principalId": principal,
            "principalType": props["principalType"],
        }
    }
    deadline, wait = time.monotonic() + PATIENCE, 1.0
    while True:
        try:
            arm().put(own, body, api=AUTHORIZATION_API)
        except ArmError as error:
            if error.code == "AuthorizationFailed":
                raise _may_not(props, role, error) from error
            if error.code not in {"RoleAssignmentExists", "PrincipalNotFound"}:
                raise
            existing = _equal(props) if error.code == "RoleAssignmentExists" else None
            if existing is not None:
                return existing, True
            if time.monotonic() > deadline:
                raise
        else:
            return own, False
        time.sleep(wait)
        wait = min(wait * 2, 15)


def _equal(props: Props) -> str | None:
    """ARM id of the assignment of that role to that identity at that very scope."""
    scope, principal = str(props["scope"]), str(props["principalId"])
    listed = arm().list(
        f"{scope}/{CONTAINER}",
        api=AUTHORIZATION_API,
        query=f"$filter=principalId+eq+'{principal}'",
    )
    wanted = (scope.rstrip("/").lower(), _role(props).definition.lower())
    for one in listed:
        at = text(one, "properties", "scope").rstrip("/").lower()
        definition = text(one, "properties", "roleDefinitionId").rsplit("/", 1)[-1].lower()
        if (at, definition) == wanted:
            return text(one, "id")
    return None


def _role(props: Props) -> Role:
    definition = str(props["roleDefinitionId"]).rsplit("/", 1)[-1]
    return Role(name=cast("str", props.get("role") or definition), definition=definition)


def _attempt(props: Props) -> str:
    scope = str(props["scope"]).split("/providers/")[-1]
    return f"cannot assign role {_role(props).name} at {scope} to identity {props['principalId']}"


def _may_not(props: Props, role: Role, error: ArmError) -> ProviderError:
    command = grant_command(role, principal_id=str(props["principalId"]), scope=str(props["scope"]))
    return ProviderError(
        _attempt(props),
        why=f"whoever runs the update may not assign roles there ({error.code})",
        fix="Have somebody who may (Owner, User Access Administrator) run this line and run the\n"
        "update again: it adopts the assignment. Or set flow-endpoints:manageRoles to false, and\n"
        f"all lines are printed.\n  {command}",
    )
