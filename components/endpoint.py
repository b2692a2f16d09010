"""The online endpoint: a name, an address and an identity. Who gets its traffic is `traffic`'s."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from specs.endpoint import Endpoint as EndpointSpec
from specs.workspace import Workspace

TRAFFIC = ["properties.traffic", "properties.mirrorTraffic"]
"""A PUT without them takes all traffic off. `options.refresh: always` keeps the live split in the
endpoint's inputs, and ignoring changes to it sends it back as it is (design decision 4)."""


@dataclass(frozen=True, kw_only=True)
class EndpointArgs:
    """What an `Endpoint` needs."""

    workspace: Workspace
    """Where it is."""
    endpoint: EndpointSpec
    """What its file says."""


class Endpoint(pulumi.ComponentResource):
    """A managed or Kubernetes online endpoint."""

    resource: ml.OnlineEndpoint
    """What everything that needs the endpoint waits for."""
    principal_id: pulumi.Output[str]
    """Object id of the system-assigned identity; empty where it has none."""
    scoring_uri: pulumi.Output[str]
    """Where requests go."""
    swagger_uri: pulumi.Output[str]
    """Where its OpenAPI document is."""

    def __init__(self, name: str, args: EndpointArgs, opts: pulumi.ResourceOptions) -> None:
        """`name`: the endpoint's."""
        super().__init__("flow-endpoints:ml:Endpoint", name, None, opts)
        body = args.endpoint.body(args.workspace)
        self.id = f"{args.workspace.id}/onlineEndpoints/{args.endpoint.name}"
        self.resource = ml.OnlineEndpoint(
            name,
            resource_group_name=args.workspace.resource_group,
            workspace_name=args.workspace.name,
            endpoint_name=args.endpoint.name,
            location=cast("str", body["location"]),
            identity=_identity(cast("Mapping[str, object]", body["identity"])),
            properties=body["properties"],  # type: ignore[arg-type]
            tags=cast("dict[str, str]", body["tags"]),
            kind=cast("str | None", body.get("kind")),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=TRAFFIC),
        )
        identity, properties = self.resource.identity, self.resource.properties
        self.principal_id = identity.apply(lambda live: live.principal_id if live else "")
        self.scoring_uri = properties.apply(lambda live: live.scoring_uri)
        self.swagger_uri = properties.apply(lambda live: live.swagger_uri)
        self.register_outputs({"scoring_uri": self.scoring_uri})


def _identity(identity: Mapping[str, object]) -> ml.ManagedServiceIdentityArgs:
    """ARM keeps user-assigned identities as keys of an object; azure-native takes a list."""
    users = cast("Mapping[str, object]", identity.get("userAssignedIdentities") or {})
    return ml.ManagedServiceIdentityArgs(
        type=cast("str", identity["type"]), user_assigned_identities=list(users) or None
    )
