"""A world inside the test's own process: ARM's engine, without sockets, blobs or processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import httpx

from local_azure.arm import ids
from local_azure.arm.engine import Engine
from local_azure.arm.errors import ArmError
from local_azure.arm.operations import Operation, Operations
from local_azure.arm.rbac import Access
from local_azure.arm.resource_type import Reply
from local_azure.arm.shape import JsonObject, JsonValue, text
from local_azure.arm.snapshot import Snapshot
from local_azure.azure import Azure
from local_azure.blobs import Blobs
from local_azure.directory import Directory, Principal
from local_azure.seed import seed
from local_azure.services import all_types
from local_azure.serving.placement import Container, PlacementSpec
from local_azure.settings import Settings
from local_azure.tokens import TokenIssuer
from local_azure.world import World
from tests.local_azure.world import Answer


class NothingRuns:
    """A placement that accepts everything and starts nothing."""

    def __init__(self) -> None:
        self.placed: dict[str, PlacementSpec] = {}

    async def place(self, spec: PlacementSpec) -> None:
        """Note it."""
        self.placed[spec.arm_id.lower()] = spec

    async def remove(self, arm_id: str) -> None:
        """Forget it."""
        self.placed.pop(arm_id.lower(), None)

    def logs(self, arm_id: str, container: Container, *, tail: int = 50) -> str:
        """No words."""
        del arm_id, container, tail
        return ""

    async def close(self) -> None:
        """Nothing to end."""


class EngineWorld:
    """ARM alone. `arm` waits for whatever a request starts."""

    def __init__(self, folder: Path, **settings: object) -> None:
        snapshot = Snapshot(folder / "snapshot.json")
        texts = {name: str(value) for name, value in settings.items()}
        world = World()
        self.azure = azure = Azure(
            world=world,
            settings=Settings().with_values(texts),
            snapshot=snapshot,
            directory=Directory(snapshot.part("principals"), snapshot.mark),
            access=Access(snapshot.store, lambda: azure.settings.role_propagation_seconds),
            tokens=TokenIssuer(
                tenant_id=world.tenant_id, key=world.token_key, lifetime=lambda: 3600.0
            ),
            blobs=cast("Blobs", None),
            operations=Operations(snapshot.part("operations"), snapshot.mark, flush=snapshot.flush),
            http_url="http://127.0.0.1:1",
        )
        self.placement = NothingRuns()
        azure.placement = self.placement
        self.engine = Engine(azure, all_types(azure))
        seed(azure)
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        """End the event loop."""
        self._loop.run_until_complete(self.azure.operations.close())
        self._loop.close()

    @property
    def workspace(self) -> str:
        """ARM id of the workspace."""
        return self.azure.world.workspace_id

    def endpoint_id(self, name: str) -> str:
        """ARM id of an endpoint."""
        return f"{self.workspace}/onlineEndpoints/{name}"

    def set(self, **values: object) -> None:
        """Change settings."""
        texts = {name: str(value) for name, value in values.items()}
        self.azure.settings = self.azure.settings.with_values(texts)

    def arm(
        self,
        method: str,
        path: str,
        body: Mapping[str, JsonValue] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request of the world's owner, and the end of the operation that it started: a
        failed one is answered with its error."""
        return self._loop.run_until_complete(self._arm(method, path, body, query or {}))

    async def _arm(
        self,
        method: str,
        path: str,
        body: Mapping[str, JsonValue] | None,
        query: Mapping[str, str],
    ) -> Answer:
        try:
            reply = await self.engine.call(
                method,
                path,
                query={"api-version": "2025-12-01", **query},
                caller=self._owner(),
                body=b"" if body is None else json.dumps(body).encode(),
            )
        except ArmError as error:
            return _answer(Reply(status=error.status, body=error.body(), headers=error.headers))
        url = reply.headers.get("Azure-AsyncOperation", "")
        operation = self.azure.operations.get(ids.name_of(url.partition("?")[0])) if url else None
        if operation is not None:
            await self.azure.operations.finished(operation)
            if operation.error is not None:
                error = operation.error
                return _answer(Reply(status=error.status, body=error.body()))
        return _answer(reply)

    def accepted(self, method: str, path: str, body: Mapping[str, JsonValue]) -> Operation:
        """One request, and the operation that it started, which is under way."""
        call = self.engine.call(
            method,
            path,
            query={"api-version": "2025-12-01"},
            caller=self._owner(),
            body=json.dumps(body).encode(),
        )
        self._loop.run_until_complete(call)
        operation = self.azure.operations.busy(path)
        assert operation is not None
        return operation

    def must(
        self, method: str, path: str, body: Mapping[str, JsonValue] | None = None
    ) -> JsonObject:
        """A request that succeeds; the resource as it is then."""
        end = self.arm(method, path, body)
        assert end.status < 300, end
        return {} if method == "DELETE" else self.arm("GET", path).body

    def _owner(self) -> Principal:
        found = self.azure.directory.get(self.azure.world.owner_object_id)
        assert found is not None
        return found

    def a_cluster(self, name: str = "k8s", **instance_types: JsonValue) -> str:
        """ARM id of an attached Kubernetes cluster."""
        cluster = f"{self.azure.world.group}/providers/Microsoft.ContainerService/managedClusters/c"
        compute: JsonObject = {
            "computeType": "Kubernetes",
            "resourceId": cluster,
            "properties": {"instanceTypes": instance_types},
        }
        identifier = f"{self.workspace}/computes/{name}"
        shown = self.must("PUT", identifier, {"location": "westeurope", "properties": compute})
        assert text(shown, "properties", "provisioningState") == "Succeeded"
        return identifier


def _answer(reply: Reply) -> Answer:
    body = reply.body if isinstance(reply.body, dict) else {}
    return Answer(reply.status, body, httpx.Headers(dict(reply.headers)))
