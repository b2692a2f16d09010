"""The online endpoint: a name, an address and an identity. Who gets its traffic is `traffic`'s."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pulumi

from components.azure_native import OnlineEndpoint
from components.endpoint_body import FIXED, endpoint_body
from components.providers.arm import section, text
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
    after: Sequence[pulumi.Resource] = ()
    """A user-assigned identity and its roles."""
    replaced: bool = False
    """Whether it is deleted and made anew in this update."""


class Endpoint(pulumi.ComponentResource):
    """A managed or Kubernetes online endpoint."""

    resource: OnlineEndpoint
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
        body = endpoint_body(args.endpoint, args.workspace)
        self.id = f"{args.workspace.id}/onlineEndpoints/{args.endpoint.name}"
        hooks = [pulumi.ErrorHook(f"{name}-name", _name_comes_free)] if args.replaced else []
        self.resource = OnlineEndpoint(
            name,
            {
                "resourceGroupName": args.workspace.resource_group,
                "workspaceName": args.workspace.name,
                "endpointName": args.endpoint.name,
                **body,
                "identity": _identity(cast("Mapping[str, object]", body["identity"])),
            },
            pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.after),
                ignore_changes=TRAFFIC,
                replace_on_changes=list(FIXED),
                # Its name is taken while it is there.
                delete_before_replace=True,
                hooks=pulumi.ResourceHookBinding(on_error=list(hooks)),
            ),
        )
        identity, properties = self.resource.identity, self.resource.properties
        self.principal_id = identity.apply(lambda live: text(live, "principalId"))
        self.scoring_uri = properties.apply(lambda live: text(live, "scoringUri"))
        self.swagger_uri = properties.apply(lambda live: text(live, "swaggerUri"))
        self.register_outputs({"scoring_uri": self.scoring_uri})


NAME_TAKEN = re.compile(
    r"NameNotAvailable|\bname\b.{0,120}\b(taken|in use|not available|already exists|reserved)",
    re.IGNORECASE | re.DOTALL,
)
"""Nobody has written down Azure's code for it: its message is matched too."""
NAME_PATIENCE = 90
"""Times to ask for a name again, every 20 s: Azure keeps a deleted endpoint's for 20 minutes."""


async def _name_comes_free(failed: pulumi.ErrorHookArgs) -> bool:
    """Whether to try again to make an endpoint whose name is still that of the one deleted."""
    taken = failed.failed_operation == "create" and bool(NAME_TAKEN.search(failed.errors[-1]))
    if not taken or len(failed.errors) > NAME_PATIENCE:
        return False
    await asyncio.sleep(min(2.0 ** len(failed.errors), 20.0))
    return True


def _identity(identity: Mapping[str, object]) -> dict[str, object]:
    """ARM keeps user-assigned identities as keys of an object; azure-native takes a list."""
    users = section(identity, "userAssignedIdentities")
    return {"type": identity["type"], "userAssignedIdentities": list(users) or None}
