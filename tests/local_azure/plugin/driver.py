"""Drives the plugin in this process, the way the engine does, in plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from local_azure.plugin.provider import AzureNativeProvider
from local_azure.plugin.values import Properties, from_struct, to_struct
from tests.local_azure.plugin.fake_arm import FakeArm

WORKSPACE = (
    "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
)
ENDPOINT = "machinelearningservices:OnlineEndpoint"
DEPLOYMENT = "machinelearningservices:OnlineDeployment"
ROLE = "authorization:RoleAssignment"


class RefusedError(Exception):
    """The call ended with an error; `left` is the resource that it leaves in the state."""

    def __init__(self, message: str, left: provider_pb2.ErrorResourceInitFailed | None) -> None:
        super().__init__(message)
        self.left = left


class _Call:
    """Stands for a gRPC call's context."""

    def __init__(self) -> None:
        self._left: provider_pb2.ErrorResourceInitFailed | None = None

    def set_trailing_metadata(self, trailing_metadata: tuple[tuple[str, bytes], ...]) -> None:
        status = status_pb2.Status.FromString(dict(trailing_metadata)["grpc-status-details-bin"])
        self._left = provider_pb2.ErrorResourceInitFailed()
        assert status.details[0].Unpack(self._left)

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        assert code is grpc.StatusCode.UNKNOWN
        raise RefusedError(details, self._left)


@dataclass
class Stated:
    """A resource as the state holds it."""

    id: str
    inputs: Properties
    outputs: Properties


class Plugin:
    """The stand-in, configured for a fake ARM."""

    def __init__(self, arm: FakeArm, **config: str) -> None:
        self.environment = {
            "LOCAL_AZURE_HOME": str(arm.home),
            "AZURE_TENANT_ID": "tenant",
            "AZURE_CLIENT_ID": "client",
            "AZURE_CLIENT_SECRET": "planted-secret",
            "AZURE_SUBSCRIPTION_ID": "sub",
        }
        self.provider = AzureNativeProvider(self.environment)
        self.configure({"location": "westeurope", **config})

    def configure(self, config: Mapping[str, str]) -> None:
        variables = {f"azure-native:config:{name}": value for name, value in config.items()}
        request = provider_pb2.ConfigureRequest(variables=variables)
        self.provider.Configure(request, _Call())

    def close(self) -> None:
        self.provider.close()

    def check(
        self, kind: str, inputs: dict[str, Any], *, old: Properties | None = None, name: str = "it"
    ) -> Properties:
        response = self._check(kind, inputs, old or {}, name)
        assert not response.failures, [failure.reason for failure in response.failures]
        return from_struct(response.inputs)

    def failures(self, kind: str, inputs: dict[str, Any]) -> list[str]:
        return [failure.reason for failure in self._check(kind, inputs, {}, "it").failures]

    def _check(
        self, kind: str, inputs: dict[str, Any], old: Properties, name: str
    ) -> provider_pb2.CheckResponse:
        request = provider_pb2.CheckRequest(
            urn=_urn(kind, name), news=to_struct(inputs), olds=to_struct(old), randomSeed=b"seed"
        )
        return self.provider.Check(request, _Call())

    def diff(self, kind: str, old: Properties, new: Properties) -> provider_pb2.DiffResponse:
        request = provider_pb2.DiffRequest(
            urn=_urn(kind), old_inputs=to_struct(old), news=to_struct(new)
        )
        return self.provider.Diff(request, _Call())

    def create(self, kind: str, inputs: dict[str, Any], *, timeout: float = 0.0) -> Stated:
        checked = self.check(kind, inputs)
        request = provider_pb2.CreateRequest(
            urn=_urn(kind), properties=to_struct(checked), timeout=timeout
        )
        response = self.provider.Create(request, _Call())
        return Stated(response.id, checked, from_struct(response.properties))

    def preview(self, kind: str, inputs: dict[str, Any]) -> Properties:
        checked = to_struct(self.check(kind, inputs))
        request = provider_pb2.CreateRequest(urn=_urn(kind), properties=checked, preview=True)
        return from_struct(self.provider.Create(request, _Call()).properties)

    def update(
        self, kind: str, held: Stated, inputs: dict[str, Any], *, preview: bool = False
    ) -> Stated:
        checked = self.check(kind, inputs, old=held.inputs)
        request = provider_pb2.UpdateRequest(
            urn=_urn(kind),
            id=held.id,
            olds=to_struct(held.outputs),
            old_inputs=to_struct(held.inputs),
            news=to_struct(checked),
            preview=preview,
        )
        response = self.provider.Update(request, _Call())
        return Stated(held.id, checked, from_struct(response.properties))

    def read(self, kind: str, held: Stated) -> Stated:
        request = provider_pb2.ReadRequest(
            urn=_urn(kind),
            id=held.id,
            properties=to_struct(held.outputs),
            inputs=to_struct(held.inputs),
        )
        found = self.provider.Read(request, _Call())
        return Stated(found.id, from_struct(found.inputs), from_struct(found.properties))

    def delete(self, kind: str, held: Stated) -> None:
        request = provider_pb2.DeleteRequest(urn=_urn(kind), id=held.id)
        self.provider.Delete(request, _Call())

    def invoke(self, function: str, **args: str) -> Properties:
        request = provider_pb2.InvokeRequest(
            tok=f"azure-native:{function}", args=to_struct(dict(args))
        )
        return from_struct(getattr(self.provider.Invoke(request, _Call()), "return"))

    def cancel(self) -> None:
        self.provider.Cancel(empty_pb2.Empty(), _Call())


def _urn(kind: str, name: str = "it") -> str:
    return f"urn:pulumi:stack::project::flow:Parent$azure-native:{kind}::{name}"


def an_endpoint(**properties: Any) -> dict[str, Any]:
    """Inputs of an endpoint `ep`, as a program gives them."""
    return {
        "resourceGroupName": "rg",
        "workspaceName": "ws",
        "endpointName": "ep",
        "identity": {"type": "SystemAssigned"},
        "properties": {"authMode": "Key", **properties},
    }


def a_deployment(name: str = "blue", **properties: Any) -> dict[str, Any]:
    """Inputs of a deployment of endpoint `ep`."""
    return {
        "resourceGroupName": "rg",
        "workspaceName": "ws",
        "endpointName": "ep",
        "deploymentName": name,
        "sku": {"name": "Default", "capacity": 1},
        "properties": {"endpointComputeType": "Managed", **properties},
    }


def a_role(**inputs: Any) -> dict[str, Any]:
    """Inputs of a role assignment on the workspace, without a name."""
    return {
        "scope": WORKSPACE,
        "principalId": "principal",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": "/subscriptions/sub/providers/Microsoft.Authorization/rd/1",
        **inputs,
    }
