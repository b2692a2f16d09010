"""A user-assigned identity: one that the team has, or one made for its endpoint.

A system-assigned identity needs nothing of this: it comes and goes with its endpoint.
"""

from dataclasses import dataclass

import pulumi

from components.azure_native import UserAssignedIdentity
from components.endpoint_body import identity_id, identity_name
from components.survey import Survey
from specs.endpoint import Endpoint
from specs.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """What an `Identity` needs."""

    workspace: Workspace
    """Where one is made: beside the workspace."""
    endpoint: Endpoint
    """Whose identity it is."""
    survey: Survey
    """What is known of one that exists."""


class Identity(pulumi.ComponentResource):
    """The identity under which an endpoint's containers run."""

    principal_id: pulumi.Output[str]
    """Object id, which roles are assigned to."""
    client_id: pulumi.Output[str]
    """What a flow names to sign in as it."""
    after: list[pulumi.Resource]
    """What makes it; nothing for one that exists."""

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions) -> None:
        """`name`: the endpoint's."""
        super().__init__("flow-endpoints:ml:Identity", name, None, opts)
        facts = args.survey.identities.get(args.endpoint.identity_id or "")
        if facts is not None:
            self.principal_id = pulumi.Output.from_input(facts.principal_id)
            self.client_id = pulumi.Output.from_input(facts.client_id)
            self.after = []
        else:
            made = UserAssignedIdentity(
                name,
                {
                    "resourceGroupName": args.workspace.resource_group,
                    "resourceName": identity_name(args.endpoint),
                    "location": args.workspace.location,
                },
                pulumi.ResourceOptions(parent=self),
            )
            self.principal_id, self.client_id = made.principalId, made.clientId
            self.after = [made]
        self.register_outputs({"id": identity_id(args.endpoint, args.workspace)})
