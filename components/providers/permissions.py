"""Whether somebody may do something, as far as ARM's role assignments say.

A role assignment that exists may still take a quarter of an hour to work; one that does not
exist never will. That is the difference between waiting and telling the user what to do.
"""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from components.providers.arm import (
    AUTHORIZATION_API,
    ArmError,
    Json,
    arm,
    section,
    text,
)


@dataclass(frozen=True)
class Permission:
    """An action as role definitions name it."""

    action: str
    data: bool = False
    """Whether it is one of the data plane (`dataActions`)."""


LIST_SECRETS = Permission(
    "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action"
)
ASK_OPENAI = Permission(
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action", data=True
)


def allowed(principal_id: str, permission: Permission, scope: str) -> "bool | None":
    """Whether a role assignment at or above `scope` (ARM id) gives it; None: cannot be told."""
    try:
        assignments = arm().list(
            f"{scope}/providers/Microsoft.Authorization/roleAssignments",
            api=AUTHORIZATION_API,
            query=f"$filter=principalId+eq+'{principal_id}'",
        )
        return any(
            _gives(section(assignment, "properties"), permission, scope)
            for assignment in assignments
        )
    except ArmError:
        return None


def _gives(assignment: Mapping[str, object], permission: Permission, wanted: str) -> bool:
    scope = text(assignment, "scope").rstrip("/").lower()
    if not f"{wanted.lower()}/".startswith(f"{scope}/"):
        return False
    definition = arm().get(text(assignment, "roleDefinitionId"), api=AUTHORIZATION_API)
    sets = cast("list[Json]", section(definition, "properties").get("permissions") or [])
    given, taken = (
        ("dataActions", "notDataActions") if permission.data else ("actions", "notActions")
    )
    return any(
        _matches(permission, each.get(given)) and not _matches(permission, each.get(taken))
        for each in sets
    )


def _matches(permission: Permission, patterns: object) -> bool:
    action = permission.action.lower()
    return any(
        fnmatch.fnmatchcase(action, pattern.lower())
        for pattern in cast("Iterable[str]", patterns or [])
    )
