"""What the tests of serving are told about: a platform, a deployment, an endpoint."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import jwt
from aiohttp import web

from local_azure.serving import identity
from local_azure.serving.placement import (
    EndpointRoute,
    EnvironmentSpec,
    PlacementSpec,
)
from local_azure.serving.router import ScoringRouter
from local_azure.serving.runtime import ProcessPlacement

GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers"
WORKSPACE = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/mlw-local"
REGISTRY = f"{GROUP}/Microsoft.ContainerRegistry/registries/crlocal"
STORAGE = f"{GROUP}/Microsoft.Storage/storageAccounts/stlocal"
IMAGE = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20251211.v2"
PRINCIPAL = "aaaaaaaa-0000-4000-8000-000000000001"


class APlatform:
    """Allows everything that is not in `forbidden`; blob folders are local ones."""

    def __init__(self) -> None:
        self.forbidden: set[str] = set()
        self.asked: list[tuple[str, str, bool]] = []
        self.connections: dict[str, Mapping[str, object]] = {}
        self.folders: dict[str, Path] = {}
        self.blobs: dict[str, bytes] = {}

    def may(self, principal_id: str, action: str, scope: str, *, data: bool = False) -> bool:
        self.asked.append((action, scope, data))
        return bool(principal_id) and action not in self.forbidden

    def issue_token(self, principal_id: str, resource: str) -> tuple[str, int]:
        expires = int(time.time()) + 3600
        claims = {"aud": resource, "oid": principal_id, "exp": expires}
        return jwt.encode(claims, "k" * 32, algorithm="HS256"), expires

    def connection(self, workspace_id: str, name: str) -> Mapping[str, object] | None:
        return self.connections.get(name) if workspace_id == WORKSPACE else None

    def registry_of(self, workspace_id: str) -> str | None:
        return REGISTRY if workspace_id == WORKSPACE else None

    def storage_of(self, workspace_id: str) -> str | None:
        return STORAGE if workspace_id == WORKSPACE else None

    async def download(self, uri: str, target: Path) -> int:
        folder = self.folders.get(uri)
        if folder is None:
            return 0
        await asyncio.to_thread(shutil.copytree, folder, target, dirs_exist_ok=True)
        return len(_files(folder))

    async def append_blob(self, workspace_id: str, path: str, content: bytes) -> None:
        assert workspace_id == WORKSPACE
        self.blobs[path] = self.blobs.get(path, b"") + content

    async def write_blob(self, workspace_id: str, path: str, content: bytes) -> str:
        assert workspace_id == WORKSPACE
        self.blobs[path] = content
        return f"https://stlocal.blob.core.windows.net/azureml-blobstore/{path}"


def a_deployment(name: str = "blue", *, flow: str = "shouting", **changes: object) -> PlacementSpec:
    """A deployment of one of the flows here, as the service would hand it over."""
    override = (
        "deployment.subscription_id=10ca1000-0000-4000-8000-000000000001,"
        "deployment.resource_group=rg-local,deployment.workspace_name=mlw-local,"
        f"deployment.endpoint_name=echo,deployment.deployment_name={name}"
    )
    spec = PlacementSpec(
        arm_id=f"{WORKSPACE}/onlineEndpoints/echo/deployments/{name}",
        endpoint="echo",
        deployment=name,
        workspace_id=WORKSPACE,
        environment=EnvironmentSpec(name="promptflow", version="1", image=IMAGE),
        model_uri=f"https://stlocal.blob.core.windows.net/models/{flow}",
        model_name=flow,
        model_version="1",
        environment_variables={
            "PRT_CONFIG_OVERRIDE": override,
            "PROMPTFLOW_RUN_MODE": "serving",
            "PROMPTFLOW_WORKER_NUM": "1",
            "PROMPTFLOW_WORKER_THREADS": "4",
        },
        max_concurrent_requests=10,
        identity_client_ids={"": PRINCIPAL},
    )
    return replace(spec, **changes)  # pyright: ignore[reportArgumentType]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class AnEndpoint:
    """One key endpoint `echo` and a server with its router."""

    def __init__(self, placement: ProcessPlacement, platform: APlatform) -> None:
        self.traffic: dict[str, int] = {}
        self.mirror: dict[str, int] = {}
        self.deployments: dict[str, str] = {}
        self.placement = placement
        self.router = ScoringRouter(self._lookup, placement.backends, token_check=self._token)
        self.app = web.Application()
        self.app.add_routes(identity.routes(placement.identity_of, platform))
        self.app.add_routes(self.router.routes())
        self.url = ""

    async def place(self, spec: PlacementSpec, *, traffic: int = 100) -> None:
        await self.placement.place(spec)
        self.deployments[spec.deployment] = spec.arm_id
        self.traffic[spec.deployment] = traffic

    def _lookup(self, address: str) -> EndpointRoute | None:
        if address != "/echo":
            return None
        return EndpointRoute(
            arm_id=f"{WORKSPACE}/onlineEndpoints/echo",
            name="echo",
            auth_mode="Key",
            keys=("first-key", "second-key"),
            traffic=self.traffic,
            mirror_traffic=self.mirror,
            deployments=self.deployments,
        )

    async def _token(self, token: str, endpoint: EndpointRoute) -> bool:
        return endpoint.name == "echo" and token == "a-token"
