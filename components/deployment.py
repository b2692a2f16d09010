"""The online deployment: machines that serve a model in an environment, and that have answered."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import pulumi

from components.azure_native import OnlineDeployment
from components.deployment_failure import FailureArgs, on_failure
from components.providers.smoke_request import SmokeRequest
from components.workspace import Asset
from specs.served import CLIENT_ID
from specs.served import Deployment as DeploymentSpec
from specs.workspace import Workspace

CLIENT = "(the client id of the endpoint's identity)"
"""Stands in for one that is known only when the identity is there."""


@dataclass(frozen=True, kw_only=True)
class DeploymentArgs:
    """What a `Deployment` needs."""

    workspace: Workspace
    """Where it is."""
    deployment: DeploymentSpec
    """What its file says, and what follows from its flow."""
    endpoint_id: str
    """ARM id of its endpoint."""
    endpoint: pulumi.Resource
    """The endpoint itself: made anew it has no deployment, deleted it takes all with it."""
    client_id: pulumi.Input[str] | None
    """Of the endpoint's user-assigned identity, for the flow to sign in with."""
    endpoint_goes: bool
    """Whether the endpoint is about to be deleted and made anew, deployments and all."""
    role_scopes: Sequence[str]
    """ARM ids of what the endpoint's identity was given roles on."""
    model: Asset
    """What it serves."""
    environment: Asset
    """What it serves it in."""
    code: Asset
    """Its scoring script; a prompt flow has none."""
    after: Sequence[pulumi.Resource]
    """Roles, connections, and the deployment before: Azure does one at a time."""


class Deployment(pulumi.ComponentResource):
    """A deployment without traffic, after a smoke request where one is known; else started."""

    resource: OnlineDeployment
    """What the next deployment waits for."""
    ready: pulumi.Resource
    """What traffic waits for."""

    def __init__(self, name: str, args: DeploymentArgs, opts: pulumi.ResourceOptions) -> None:
        """`name`: the endpoint's and the deployment's, joined."""
        super().__init__("flow-endpoints:ml:Deployment", name, None, opts)
        spec, place = args.deployment, args.workspace
        body = spec.body(
            place,
            model_id=args.model.id,
            environment_id=args.environment.id,
            code_id=args.code.id,
            client_id=CLIENT if args.client_id is not None else None,
        )
        deployed = _hash(body)
        _sign_in(body, args.client_id)
        assets = [*args.model.after, *args.environment.after, *args.code.after]
        circumstances = FailureArgs(role_scopes=args.role_scopes, endpoint_goes=args.endpoint_goes)
        on_error = pulumi.ErrorHook(f"{name}-logs", partial(on_failure, self, circumstances))
        self.resource = OnlineDeployment(
            name,
            {
                "resourceGroupName": place.resource_group,
                "workspaceName": place.name,
                "endpointName": spec.endpoint_name,
                "deploymentName": spec.name,
                **body,
            },
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.endpoint, *args.after, *assets],
                replace_with=[args.endpoint],
                deleted_with=args.endpoint,
                hooks=pulumi.ResourceHookBinding(on_error=[on_error]),
            ),
        )
        self.ready = SmokeRequest(
            name,
            {
                "workspace_id": place.id,
                "endpoint_id": args.endpoint_id,
                "deployment": spec.name,
                "connections": list(spec.connections),
                "role_scopes": list(args.role_scopes),
                "request": None if spec.sample_request is None else dict(spec.sample_request),
                "deployed": deployed,
                "body": body,
            },
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[self.resource],
                replace_with=[args.endpoint],
                deleted_with=args.endpoint,
            ),
        )
        self.register_outputs({})


def _sign_in(body: dict[str, object], client_id: pulumi.Input[str] | None) -> None:
    """The identity's client id where `specs` left a place for it; perhaps not known yet."""
    properties = cast("dict[str, object]", body["properties"])
    variables = cast("dict[str, object]", properties.get("environmentVariables") or {})
    if variables.get(CLIENT_ID) == CLIENT:
        variables[CLIENT_ID] = client_id


def _hash(body: dict[str, object]) -> str:
    """12 characters that change with anything that makes a deployment."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
