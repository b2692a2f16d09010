"""Who may do what: role assignments of a principal, at a scope or any scope above it."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain

from local_azure.arm.roles import Role, built_in
from local_azure.arm.shape import JsonObject, items, number, section, text
from local_azure.arm.store import Resource, Store

ASSIGNMENT_TYPE = "Microsoft.Authorization/roleAssignments"
DEFINITION_TYPE = "Microsoft.Authorization/roleDefinitions"
EVERYONE = "00000000-0000-0000-0000-000000000000"
"""All principals of the tenant, as Azure's own (system-defined) assignments name them."""


@lru_cache(maxsize=4096)
def _pattern(action: str) -> re.Pattern[str]:
    """`a/*/read` covers `a/read` too: built-in roles take `a/delete` and `a/write` back where they
    give `a/*/delete` and `a/*/write` (AzureML Data Scientist; inferred)."""
    any_depth = re.escape(action).replace(r"/\*/", "/(?:.*/)?")
    return re.compile(any_depth.replace(r"\*", ".*"), re.IGNORECASE)


@lru_cache(maxsize=65536)
def _matches(patterns: tuple[str, ...], action: str) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in patterns)


def allows(role: Role, action: str, *, data: bool = False) -> bool:
    """Whether one role, by itself, allows an action."""
    granted = role.data_actions if data else role.actions
    taken = role.not_data_actions if data else role.not_actions
    return _matches(granted, action) and not _matches(taken, action)


def covers(scope: str, identifier: str) -> bool:
    """Whether an assignment at `scope` reaches the resource `identifier`."""
    above, below = scope.lower().rstrip("/"), identifier.lower().rstrip("/")
    return above in ("", below) or below.startswith(above + "/")


class Access:
    """Answers from the role assignments in the store; keeps nothing of its own."""

    def __init__(self, store: Store, propagation: Callable[[], float]) -> None:
        self._store = store
        self._propagation = propagation

    def role(self, definition_id: str) -> Role | None:
        """The role that a definition id (any scope in front) or bare GUID names."""
        guid = definition_id.rstrip("/").rsplit("/", 1)[-1]
        found = built_in(guid)
        if found is not None:
            return found
        return next((role for role in self.custom_roles() if role.guid == guid.lower()), None)

    def custom_roles(self) -> Iterator[Role]:
        """The roles that users have defined."""
        for resource in self._store.under("", DEFINITION_TYPE):
            yield role_of(resource)

    def may(self, principal_id: str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether assignments that are in effect by now allow the action at the scope."""
        now = time.time()
        for assignment in chain(self.assignments(principal_id), self.assignments(EVERYONE)):
            if number(assignment.hidden, "effectiveAt") > now:
                continue
            if not covers(scope_of(assignment), scope):
                continue
            role = self.role(text(assignment.body, "properties", "roleDefinitionId"))
            if role is not None and allows(role, action, data=data):
                return True
        return False

    def assignments(self, principal_id: str) -> Iterator[Resource]:
        """All assignments of a principal."""
        wanted = principal_id.lower()
        for assignment in self._store.under("", ASSIGNMENT_TYPE):
            if text(assignment.body, "properties", "principalId").lower() == wanted:
                yield assignment

    def same(self, principal_id: str, role_guid: str, scope: str) -> Resource | None:
        """The assignment of this role to this principal at exactly this scope."""
        for assignment in self.assignments(principal_id):
            guid = text(assignment.body, "properties", "roleDefinitionId").rsplit("/", 1)[-1]
            if guid.lower() == role_guid.lower() and same_scope(scope_of(assignment), scope):
                return assignment
        return None

    def assign(self, principal_id: str, role: Role, scope: str, *, by: str) -> Resource:
        """Make an assignment, as the service itself does it for its identities."""
        present = self.same(principal_id, role.guid, scope)
        if present is not None:
            return present
        name = str(uuid.uuid4())
        top = subscription_scope(scope)
        properties: JsonObject = {
            "roleDefinitionId": f"{top}/providers/{DEFINITION_TYPE}/{role.guid}",
            "principalId": principal_id,
            "principalType": "ServicePrincipal",
            "scope": scope or "/",
        }
        assignment = Resource(
            id=f"{scope}/providers/{ASSIGNMENT_TYPE}/{name}",
            type=ASSIGNMENT_TYPE,
            body={"properties": properties},
            hidden={"effectiveAt": time.time() + self._propagation()},
            created_by=by,
            changed_by=by,
        )
        self._store.put(assignment)
        return assignment


def scope_of(assignment: Resource) -> str:
    """The scope an assignment is made at; "" for the tenant."""
    return assignment.id[: assignment.id.lower().rindex("/providers/microsoft.authorization/")]


def same_scope(one: str, other: str) -> bool:
    """Whether two scopes are the same."""
    return one.lower().rstrip("/") == other.lower().rstrip("/")


def subscription_scope(scope: str) -> str:
    """The subscription part of a scope; "" for the tenant."""
    return "/".join(scope.split("/")[:3]) if scope.lower().startswith("/subscriptions/") else ""


def role_of(definition: Resource) -> Role:
    """A stored (custom) role definition as a role."""

    def patterns(kind: str) -> tuple[str, ...]:
        permissions = items(definition.body, "properties", "permissions")
        return tuple(
            str(action) for permission in permissions for action in items(permission, kind)
        )

    properties = section(definition.body, "properties")
    return Role(
        name=text(properties, "roleName"),
        guid=definition.name.lower(),
        actions=patterns("actions"),
        not_actions=patterns("notActions"),
        data_actions=patterns("dataActions"),
        not_data_actions=patterns("notDataActions"),
        description=text(properties, "description"),
        custom=True,
    )
