"""Access: the roles that an endpoint's identity needs and the service does not give by itself.

A system-assigned identity exists only once its endpoint does, so its roles come between the
endpoint and the first deployment; those of a user-assigned one come before the endpoint.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.providers.role_assignment import RoleAssignment
from components.survey import Survey
from specs.roles import (
    OPENAI_CONTRIBUTOR,
    OPENAI_USER,
    SECRETS_READER,
    Role,
    RoleNeed,
    grant_command,
    roles_needed,
)
from specs.served import CONFIG_OVERRIDE, Deployment
from specs.stack import FlowService
from specs.stack_config import RolesConfig
from specs.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A role, and the ARM id of what it is for."""

    need: RoleNeed
    """Which role, and why."""
    scope: str
    """ARM id."""


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """What an `Access` needs."""

    workspace: Workspace
    """Whose subscription holds the role definitions."""
    grants: Sequence[Grant]
    """The roles, as `grants_for` found them."""
    manage_roles: bool
    """Whether to assign them; else only say how an administrator does."""
    principal_id: pulumi.Input[str]
    """Object id of the identity."""
    comes_with: Sequence[pulumi.Resource]
    """What the identity is part of: made anew, it is another identity."""


class Access(pulumi.ComponentResource):
    """Role assignments for one identity, or the commands that make them."""

    scopes: list[str]
    """ARM ids of what the roles are for, each once."""
    assignments: list[pulumi.Resource]
    """What endpoint or deployments wait for. Being there, they may take a quarter of an hour to
    work; whoever needs them tries until they do."""
    to_grant: list[pulumi.Output[str]]
    """A line for the shell for each role that is left to an administrator."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions) -> None:
        """`name`: the endpoint's, whose identity it is."""
        super().__init__("flow-endpoints:ml:Access", name, None, opts)
        principal = pulumi.Output.from_input(args.principal_id)
        self.scopes = list(dict.fromkeys(grant.scope for grant in args.grants))
        self.assignments, self.to_grant = [], []
        for grant in args.grants:
            if args.manage_roles:
                self.assignments.append(_assigned(name, grant, args, parent=self))
            else:
                self.to_grant.append(_command(grant, principal))
        for line in self.to_grant:
            line.apply(lambda command: pulumi.log.info(f"role to be assigned:\n{command}", self))
        self.register_outputs({})


def grants_for(
    service: FlowService, *, survey: Survey, roles: RolesConfig, workspace: Workspace
) -> list[Grant]:
    """The roles that the identity of a service's endpoint needs, by the connections it uses."""
    kind = service.endpoint.identity_type
    if kind not in ("SystemAssigned", "UserAssigned"):
        return []
    connections = [name for spec in service.deployments for name in spec.connections]
    custom = roles.secrets_reader
    needs = roles_needed(
        kind,
        connections=any(map(_reads_connections, service.deployments)),
        secret_stores_enforced=service.endpoint.secret_stores_enforced,
        openai_accounts=[survey.accounts[one] for one in connections if one in survey.accounts],
        metrics=roles.metrics_writer,
        secrets_role=Role(name="custom role", definition=custom) if custom else SECRETS_READER,
        openai_role=(
            OPENAI_CONTRIBUTOR if (roles.open_ai or "").lower() == "contributor" else OPENAI_USER
        ),
    )
    places = {"workspace": workspace.id, "registry": survey.registry, "storage": survey.storage}
    scopes = ((need, need.account or places.get(need.place)) for need in needs)
    return [Grant(need=need, scope=scope) for need, scope in scopes if scope]


def _reads_connections(deployment: Deployment) -> bool:
    """Whether its flow asks the workspace for connections. Of a model that is registered already
    nobody here knows the flow; saying which workspace to ask is reason enough."""
    if deployment.flow is None:
        return CONFIG_OVERRIDE in deployment.spec.environment_variables
    return bool(deployment.connections)


def _assigned(
    name: str, grant: Grant, args: AccessArgs, *, parent: pulumi.Resource
) -> RoleAssignment:
    role, place = grant.need.role, grant.need.place
    if place == "openai":
        place = grant.scope.rsplit("/", 1)[-1]
    return RoleAssignment(
        f"{name}-{place}-{role.definition[:8]}",
        {
            "scope": grant.scope,
            "roleDefinitionId": role.definition_id(args.workspace.subscription_id),
            "principalId": args.principal_id,
            # Without it Azure looks the identity up, which Entra may not know of yet.
            "principalType": "ServicePrincipal",
            "role": role.name,
        },
        pulumi.ResourceOptions(parent=parent, replace_with=list(args.comes_with)),
    )


def _command(grant: Grant, principal: pulumi.Output[str]) -> pulumi.Output[str]:
    return principal.apply(
        lambda id_: grant_command(grant.need.role, principal_id=id_, scope=grant.scope)
    )
