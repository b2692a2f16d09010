"""A flow service: one endpoint with all that makes it answer, in the order that makes it safe.

endpoint -> roles -> model and environment -> deployments, each tested -> traffic.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.access import Access, AccessArgs
from components.deployment import Deployment, DeploymentArgs
from components.endpoint import Endpoint, EndpointArgs
from components.traffic import Traffic, TrafficArgs
from components.workspace import Workspace
from specs import stack as specs
from specs.roles import RoleNeed, roles_needed


@dataclass(frozen=True, kw_only=True)
class FlowServiceArgs:
    """What a `FlowService` needs."""

    workspace: Workspace
    """Where it is, and where its models and environments are registered."""
    service: specs.FlowService
    """The endpoint, its deployments and its traffic."""
    manage_roles: bool
    """Whether the program may assign roles."""


class FlowService(pulumi.ComponentResource):
    """An endpoint that serves flows."""

    facts: Mapping[str, pulumi.Input[object]]
    """What the stack exports about it."""
    to_grant: list[pulumi.Output[str]]
    """Commands for an administrator, where the program may not assign roles."""

    def __init__(
        self, name: str, args: FlowServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """`name`: the endpoint's."""
        super().__init__("flow-endpoints:ml:FlowService", name, None, opts)
        service, place = args.service, args.workspace.place
        child = pulumi.ResourceOptions(parent=self)
        endpoint = Endpoint(name, EndpointArgs(workspace=place, endpoint=service.endpoint), child)
        needs = _needs(service)
        access = (
            Access(
                name,
                AccessArgs(
                    workspace=place,
                    needs=needs,
                    manage_roles=args.manage_roles,
                    principal_id=endpoint.principal_id,
                ),
                child,
            )
            if needs
            else None
        )
        before: list[pulumi.Resource] = [endpoint.resource, *(access.assignments if access else ())]
        ready: list[pulumi.Resource] = []
        for spec in service.deployments:
            deployment = Deployment(
                f"{name}-{spec.name}",
                DeploymentArgs(
                    workspace=place,
                    deployment=spec,
                    endpoint_id=endpoint.id,
                    model=args.workspace.model(spec.model),
                    environment=args.workspace.environment(spec.environment),
                    code=args.workspace.code(spec.code),
                    after=before,
                ),
                child,
            )
            before = [*before, deployment.resource]
            ready.append(deployment.ready)
        traffic = Traffic(
            name,
            TrafficArgs(
                endpoint_id=endpoint.id,
                traffic=service.traffic,
                mirror_traffic=service.mirror_traffic,
                after=[endpoint.resource, *ready],
            ),
            child,
        )
        self.to_grant = access.to_grant if access else []
        self.facts = {
            "scoringUri": endpoint.scoring_uri,
            "swaggerUri": endpoint.swagger_uri,
            "deployments": [spec.name for spec in service.deployments],
            "traffic": traffic.live,
            "curl": endpoint.scoring_uri.apply(lambda uri: curl_line(uri, service)),
        }
        self.register_outputs({})


def _needs(service: specs.FlowService) -> tuple[RoleNeed, ...]:
    """The roles to assign between the endpoint and its deployments."""
    endpoint = service.endpoint
    if endpoint.identity_type != "SystemAssigned":
        return ()
    return roles_needed(
        "SystemAssigned",
        connections=any(spec.connections for spec in service.deployments),
        secret_stores_enforced=endpoint.secret_stores_enforced,
    )


def curl_line(uri: str, service: specs.FlowService) -> str:
    """A line for the shell that asks the flow; the key comes from a command, never from here."""
    samples = (spec.sample_request for spec in service.deployments)
    request = next((sample for sample in samples if sample is not None), None) or {}
    key = f"make -s key STACK={pulumi.get_stack()} ENDPOINT={service.endpoint.name}"
    body = shlex.quote(json.dumps(request, ensure_ascii=False))
    return (
        f'curl -s {shlex.quote(uri)} -H "Authorization: Bearer $({key})"'
        f' -H "Content-Type: application/json" -d {body}'
    )
