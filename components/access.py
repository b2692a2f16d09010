"""Access: the roles that an endpoint's identity needs and the service does not give by itself.

A system-assigned identity exists only once its endpoint does, so its roles come between the
endpoint and the first deployment. Roles of a user-assigned identity are its owner's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization

from specs.roles import RoleNeed, assignment_name, grant_command
from specs.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """What an `Access` needs."""

    workspace: Workspace
    """The scope of the roles."""
    needs: Sequence[RoleNeed]
    """The roles, as `specs.roles` found them."""
    manage_roles: bool
    """Whether to assign them; else only say how an administrator does."""
    principal_id: pulumi.Input[str]
    """Object id of the identity."""


class Access(pulumi.ComponentResource):
    """Role assignments for one identity, or the commands that make them."""

    assignments: list[pulumi.Resource]
    """What deployments wait for. Being there, they may take a quarter of an hour to work."""
    to_grant: list[pulumi.Output[str]]
    """A line for the shell for each role that is left to an administrator."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions) -> None:
        """`name`: the endpoint's, whose identity it is."""
        super().__init__("flow-endpoints:ml:Access", name, None, opts)
        principal = pulumi.Output.from_input(args.principal_id)
        self.assignments, self.to_grant = [], []
        for need in args.needs:
            if args.manage_roles:
                self.assignments.append(_assigned(name, need, args, principal, parent=self))
            else:
                self.to_grant.append(_command(need, args, principal))
        for line in self.to_grant:
            line.apply(lambda command: pulumi.log.info(f"role to be assigned:\n{command}", self))
        self.register_outputs({})


def _assigned(
    name: str,
    need: RoleNeed,
    args: AccessArgs,
    principal: pulumi.Output[str],
    *,
    parent: pulumi.Resource,
) -> authorization.RoleAssignment:
    role, scope = need.role, args.workspace.id
    return authorization.RoleAssignment(
        f"{name}-{need.place}-{role.definition[:8]}",
        scope=scope,
        role_definition_id=role.definition_id(args.workspace.subscription_id),
        principal_id=principal,
        # Without it Azure looks the identity up, which Entra may not know of yet.
        principal_type="ServicePrincipal",
        role_assignment_name=principal.apply(
            lambda id_: assignment_name(role, principal_id=id_, scope=scope)
        ),
        opts=pulumi.ResourceOptions(
            parent=parent,
            # Azure updates nothing of an assignment, and a recreated identity has another id.
            replace_on_changes=["principalId", "roleDefinitionId", "scope"],
            delete_before_replace=True,
        ),
    )


def _command(need: RoleNeed, args: AccessArgs, principal: pulumi.Output[str]) -> pulumi.Output[str]:
    return principal.apply(
        lambda id_: grant_command(need.role, principal_id=id_, scope=args.workspace.id)
    )
