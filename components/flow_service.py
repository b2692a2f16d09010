"""A flow service: one endpoint with all that makes it answer, in the order that makes it safe.

identity -> its roles -> endpoint -> deployments, each tested -> traffic. (A system-assigned
identity comes with the endpoint, so that its roles follow.)
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.access import Access, AccessArgs, grants_for
from components.deployment import Deployment, DeploymentArgs
from components.endpoint import Endpoint, EndpointArgs
from components.identity import Identity, IdentityArgs
from components.traffic import Traffic, TrafficArgs
from components.workspace import Workspace
from specs import stack as specs
from specs.stack_config import RolesConfig


@dataclass(frozen=True, kw_only=True)
class FlowServiceArgs:
    """What a `FlowService` needs."""

    workspace: Workspace
    """Where it is, and where its models and environments are registered."""
    service: specs.FlowService
    """The endpoint, its deployments and its traffic."""
    manage_roles: bool
    """Whether the program may assign roles."""
    roles: RolesConfig = field(default_factory=RolesConfig)
    """Choices among roles."""


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
        identity = access = None
        if service.endpoint.identity_type == "UserAssigned":
            about = IdentityArgs(
                workspace=place, endpoint=service.endpoint, survey=args.workspace.survey
            )
            identity = Identity(name, about, child)
            access = self._access(name, args, identity.principal_id)
        endpoint = Endpoint(
            name,
            EndpointArgs(
                workspace=place,
                endpoint=service.endpoint,
                after=[*identity.after, *access.assignments] if identity and access else (),
                replaced=name in args.workspace.survey.replaced,
            ),
            child,
        )
        if access is None:
            access = self._access(name, args, endpoint.principal_id, endpoint.resource)
        ready = self._deployments(name, args, endpoint, identity, access)
        traffic = Traffic(
            name,
            TrafficArgs(
                endpoint_id=endpoint.id,
                endpoint=endpoint.resource,
                traffic=service.traffic,
                mirror_traffic=service.mirror_traffic,
                after=ready,
            ),
            child,
        )
        self.to_grant = access.to_grant
        self.facts = {
            "scoringUri": endpoint.scoring_uri,
            "swaggerUri": endpoint.swagger_uri,
            "deployments": [spec.name for spec in service.deployments],
            "traffic": traffic.live,
            "curl": endpoint.scoring_uri.apply(lambda uri: curl_line(uri, service)),
        }
        self.register_outputs({})

    def _access(
        self,
        name: str,
        args: FlowServiceArgs,
        principal_id: pulumi.Output[str],
        *comes_with: pulumi.Resource,
    ) -> Access:
        """The identity's roles."""
        place = args.workspace.place
        about = AccessArgs(
            workspace=place,
            grants=grants_for(
                args.service, survey=args.workspace.survey, roles=args.roles, workspace=place
            ),
            manage_roles=args.manage_roles,
            principal_id=principal_id,
            comes_with=comes_with,
        )
        return Access(name, about, pulumi.ResourceOptions(parent=self))

    def _deployments(
        self,
        name: str,
        args: FlowServiceArgs,
        endpoint: Endpoint,
        identity: Identity | None,
        access: Access,
    ) -> list[pulumi.Resource]:
        """The deployments, one after the other; what traffic waits for."""
        workspace = args.workspace
        before: list[pulumi.Resource] = [*access.assignments]
        ready: list[pulumi.Resource] = []
        for spec in args.service.deployments:
            deployment = Deployment(
                f"{name}-{spec.name}",
                DeploymentArgs(
                    workspace=workspace.place,
                    deployment=spec,
                    endpoint_id=endpoint.id,
                    endpoint=endpoint.resource,
                    client_id=identity.client_id if identity else None,
                    endpoint_goes=name in workspace.survey.replaced,
                    role_scopes=access.scopes,
                    model=workspace.model(spec.model),
                    environment=workspace.environment(spec.environment),
                    code=workspace.code(spec.code),
                    after=[*before, *workspace.connections(spec.connections)],
                ),
                pulumi.ResourceOptions(parent=self),
            )
            before = [*before, deployment.resource]
            ready.append(deployment.ready)
        return ready


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
