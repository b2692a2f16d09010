"""Whether somebody may read the secrets of a workspace's connections, as far as ARM says.

A role assignment that exists may still take a quarter of an hour to work; one that does not
exist never will. That is the difference between waiting and telling the user what to do.
"""

import fnmatch
from collections.abc import Iterable, Mapping
from typing import cast

from components.providers.arm import (
    AUTHORIZATION_API,
    ArmError,
    Json,
    arm,
    section,
    text,
)

ACTION = "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action"


def may_list_secrets(principal_id: str, workspace_id: str) -> "bool | None":
    """Whether a role assignment at or above the workspace allows it; None: cannot be told."""
    try:
        assignments = arm().list(
            f"{workspace_id}/providers/Microsoft.Authorization/roleAssignments",
            api=AUTHORIZATION_API,
            query=f"$filter=principalId+eq+'{principal_id}'",
        )
        return any(
            _allows(section(assignment, "properties"), workspace_id) for assignment in assignments
        )
    except ArmError:
        return None


def _allows(assignment: Mapping[str, object], workspace_id: str) -> bool:
    scope = text(assignment, "scope").rstrip("/").lower()
    if not f"{workspace_id.lower()}/".startswith(f"{scope}/"):
        return False
    definition = arm().get(text(assignment, "roleDefinitionId"), api=AUTHORIZATION_API)
    permissions = cast("list[Json]", section(definition, "properties").get("permissions") or [])
    return any(
        _matches(permission.get("actions")) and not _matches(permission.get("notActions"))
        for permission in permissions
    )


def _matches(actions: object) -> bool:
    patterns = cast("Iterable[str]", actions or [])
    return any(fnmatch.fnmatchcase(ACTION.lower(), pattern.lower()) for pattern in patterns)
