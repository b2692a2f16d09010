"""Roles: which the identity of an endpoint needs, where, and why.

Owns the table of Azure's role definitions and the decision. What the service assigns by itself
is never asked for again: a second assignment of the same role fails with RoleAssignmentExists.
Making assignments, and waiting until they work, is `components.access`'s.
"""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Place = Literal["workspace", "registry", "storage", "openai"]
"""The workspace, its container registry, its default storage account, an Azure OpenAI account."""
IdentityType = Literal["SystemAssigned", "UserAssigned"]


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role definition: one of Azure's own, or a custom one in its place."""

    name: str
    definition: str
    """GUID of the definition."""

    def definition_id(self, subscription_id: str) -> str:
        """ARM id of the definition, as a role assignment names it."""
        return (
            f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization"
            f"/roleDefinitions/{self.definition}"
        )


SECRETS_READER = Role(
    name="Azure Machine Learning Workspace Connection Secrets Reader",
    definition="ea01e6af-a1c1-4350-9563-ad00f8c72ec5",
)
ACR_PULL = Role(name="AcrPull", definition="7f951dda-4ed3-4680-a7ca-43fe172d538d")
BLOB_READER = Role(
    name="Storage Blob Data Reader", definition="2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
)
METRICS_WRITER = Role(
    name="AzureML Metrics Writer (preview)", definition="635dd51f-9968-44d3-b7fb-6d9a6bd613ae"
)
OPENAI_USER = Role(
    name="Cognitive Services OpenAI User", definition="5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
)
OPENAI_CONTRIBUTOR = Role(
    name="Cognitive Services OpenAI Contributor",
    definition="a001fd3d-188f-4b5d-821b-7da978bf7442",
)


@dataclass(frozen=True, kw_only=True)
class RoleNeed:
    """One role that somebody must assign to the identity."""

    role: Role
    place: Place
    before: Literal["endpoint", "deployment"]
    """What must not be created until the role is there and works."""
    why: str
    account: str | None = None
    """For `openai`: ARM id (or name) of the Azure OpenAI account."""


def roles_needed(
    identity: IdentityType,
    *,
    connections: bool = True,
    secret_stores_enforced: bool = False,
    openai_accounts: Sequence[str] = (),
    metrics: bool = False,
    secrets_role: Role = SECRETS_READER,
    openai_role: Role = OPENAI_USER,
) -> tuple[RoleNeed, ...]:
    """The roles that the service does not give by itself, in the order to make them.

    `connections`: the flow reads connections of the workspace. `secret_stores_enforced`: the
    endpoint's enforce_access_to_default_secret_stores is enabled, so that the service assigns
    the Secrets Reader (when the deployer may list secrets). `openai_accounts`: those reached
    through connections without a key. `secrets_role`: a custom role with
    workspaces/connections/listsecrets/action in place of Azure's own.
    Source: the article, "Use user-assigned identity" and "Define the endpoint".
    """
    own = tuple(_of_user_assigned(metrics=metrics)) if identity == "UserAssigned" else ()
    given = identity == "SystemAssigned" and secret_stores_enforced
    secrets = (_secrets(identity, secrets_role),) if connections and not given else ()
    accounts = dict.fromkeys(openai_accounts)
    return (*secrets, *own, *(_openai(account, openai_role) for account in accounts))


def grant_command(role: Role, *, principal_id: str, scope: str) -> str:
    """The line an administrator runs where the deployer may not assign roles.

    `principal_id` is the object id of the identity, `scope` an ARM id. The principal's type is
    always said: Azure looks the identity up otherwise, and it may not be replicated yet.
    """
    words = ["az", "role", "assignment", "create"]
    words += ["--assignee-object-id", principal_id]
    words += ["--assignee-principal-type", "ServicePrincipal"]
    words += ["--role", role.definition, "--scope", scope]
    return shlex.join(words)


def assignment_name(role: Role, *, principal_id: str, scope: str) -> str:
    """Name (GUID) of the assignment: the same for the same three, so that making it is idempotent.

    A new identity gets a new name; Azure refuses to change the principal of an assignment.
    """
    words = f"{scope}|{principal_id}|{role.definition}".lower()
    return str(uuid.uuid5(uuid.NAMESPACE_URL, words))


def _secrets(identity: IdentityType, role: Role) -> RoleNeed:
    return RoleNeed(
        role=role,
        place="workspace",
        before="endpoint" if identity == "UserAssigned" else "deployment",
        why="read the workspace's connections",
    )


def _of_user_assigned(*, metrics: bool) -> Iterator[RoleNeed]:
    """A system-assigned identity gets these three from the service."""
    yield RoleNeed(role=ACR_PULL, place="registry", before="endpoint", why="pull the image")
    yield RoleNeed(role=BLOB_READER, place="storage", before="endpoint", why="load the model")
    if metrics:
        yield RoleNeed(
            role=METRICS_WRITER,
            place="workspace",
            before="endpoint",
            why="report CPU, memory and disk of the instances",
        )


def _openai(account: str, role: Role) -> RoleNeed:
    return RoleNeed(
        role=role,
        place="openai",
        before="deployment",
        why="call the model behind a connection without a key",
        account=account,
    )
