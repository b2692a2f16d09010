"""The online deployment: machines that serve a model in an environment, and that have answered."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from components.deployment_failure import explain_failure
from components.providers.smoke_request import SmokeRequest
from components.workspace import Asset
from specs.served import Deployment as DeploymentSpec
from specs.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class DeploymentArgs:
    """What a `Deployment` needs."""

    workspace: Workspace
    """Where it is."""
    deployment: DeploymentSpec
    """What its file says, and what follows from its flow."""
    endpoint_id: str
    """ARM id of its endpoint."""
    model: Asset
    """What it serves."""
    environment: Asset
    """What it serves it in."""
    code: Asset
    """Its scoring script; a prompt flow has none."""
    after: Sequence[pulumi.Resource]
    """The endpoint, its roles, and the deployment before: Azure does one at a time."""


class Deployment(pulumi.ComponentResource):
    """A deployment without traffic, after a smoke request where one is known."""

    resource: ml.OnlineDeployment
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
        )
        assets = [*args.model.after, *args.environment.after, *args.code.after]
        on_error = pulumi.ErrorHook(f"{name}-logs", partial(explain_failure, self))
        self.resource = ml.OnlineDeployment(
            name,
            resource_group_name=place.resource_group,
            workspace_name=place.name,
            endpoint_name=spec.endpoint_name,
            deployment_name=spec.name,
            location=cast("str", body["location"]),
            properties=body["properties"],  # type: ignore[arg-type]
            sku=body["sku"],  # type: ignore[arg-type]
            tags=cast("dict[str, str]", body["tags"]),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*args.after, *assets],
                hooks=pulumi.ResourceHookBinding(on_error=[on_error]),
            ),
        )
        self.ready = self.resource
        if spec.sample_request is not None:
            self.ready = SmokeRequest(
                name,
                {
                    "workspace_id": place.id,
                    "endpoint_id": args.endpoint_id,
                    "deployment": spec.name,
                    "connections": list(spec.connections),
                    "request": dict(spec.sample_request),
                    "deployed": _hash(body),
                },
                pulumi.ResourceOptions(parent=self, depends_on=[self.resource]),
            )
        self.register_outputs({})


def _hash(body: dict[str, object]) -> str:
    """12 characters that change with anything that makes a deployment."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
