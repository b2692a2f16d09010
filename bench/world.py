"""A local Azure in this process, with deployments of a Python-only flow put there directly.

The real service (request log, look-ups, router, blob store) without its slow part: nothing
goes through ARM, so that a measurement is about serving alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from local_azure.arm.roles import built_in
from local_azure.arm.shape import JsonObject
from local_azure.arm.store import Resource
from local_azure.home import load_settings
from local_azure.server import Service
from local_azure.services.machinelearning import online_endpoints
from local_azure.serving.placement import EnvironmentSpec, PlacementSpec
from local_azure.world import open_world

IMAGE = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20251211.v2"
KEY = "bench-key"
FLOW = {
    "flow.dag.yaml": """inputs:
  text:
    type: string
outputs:
  answer:
    type: string
    reference: ${shout.output}
nodes:
- name: shout
  type: python
  source:
    type: code
    path: shout.py
  inputs:
    text: ${inputs.text}
""",
    "shout.py": """from promptflow.core import tool


@tool
def shout(text: str) -> str:
    return text.upper()
""",
}
REQUEST = b'{"text": "hello"}'


@dataclass(frozen=True, kw_only=True)
class BenchWorld:
    """A running service."""

    service: Service
    home: Path
    principal: str = "be7c400a-0000-4000-8000-000000000001"

    @property
    def url(self) -> str:
        """The plain site, `http://127.0.0.1:PORT`."""
        return self.service.azure.http_url

    async def endpoint(self, name: str, deployment: str) -> None:
        """An endpoint with key `KEY` whose traffic goes to one deployment."""
        world, store = self.service.azure.world, self.service.azure.store
        identifier = f"{world.workspace_id}/onlineEndpoints/{name}"
        properties: JsonObject = {"authMode": "Key", "traffic": {deployment: 100}}
        endpoint = Resource(
            id=identifier,
            type=online_endpoints.TYPE,
            body={"location": world.location, "properties": properties},
            hidden={"keys": {"primaryKey": KEY, "secondaryKey": "another-key"}},
        )
        store.put(endpoint)
        below = Resource(
            id=f"{identifier}/deployments/{deployment}",
            type=online_endpoints.DEPLOYMENTS,
            body={"location": world.location, "properties": {"endpointComputeType": "Managed"}},
        )
        store.put(below)

    async def place(self, name: str, deployment: str, *, workers: int, threads: int) -> str:
        """Run the flow as a deployment of an endpoint; its ARM id."""
        world = self.service.azure.world
        arm_id = f"{world.workspace_id}/onlineEndpoints/{name}/deployments/{deployment}"
        override = (
            f"deployment.subscription_id={world.subscription_id},"
            f"deployment.resource_group={world.resource_group},"
            f"deployment.workspace_name={world.workspace},"
            f"deployment.endpoint_name={name},deployment.deployment_name={deployment}"
        )
        await self.service.placement.place(
            PlacementSpec(
                arm_id=arm_id,
                endpoint=name,
                deployment=deployment,
                workspace_id=world.workspace_id,
                environment=EnvironmentSpec(name="promptflow", version="1", image=IMAGE),
                model_uri=f"{self.service.azure.blobs.url}/azureml/bench/",
                model_name="shouting",
                model_version="1",
                environment_variables={
                    "PRT_CONFIG_OVERRIDE": override,
                    "PROMPTFLOW_RUN_MODE": "serving",
                    "PROMPTFLOW_WORKER_NUM": str(workers),
                    "PROMPTFLOW_WORKER_THREADS": str(threads),
                },
                request_timeout=60,
                max_concurrent_requests=100,
                identity_client_ids={"": self.principal},
            )
        )
        return arm_id


@asynccontextmanager
async def bench_world() -> AsyncGenerator[BenchWorld]:
    """A world in a temporary folder, gone afterwards with all of its processes."""
    with tempfile.TemporaryDirectory(prefix="bench-world-") as folder:
        home = Path(folder)
        world = open_world(home, {})
        service = Service(home, world=world, settings=load_settings(home, {}))
        try:
            await service.start()
            made = BenchWorld(service=service, home=home)
            for name, text in FLOW.items():
                path = f"bench/shouting/{name}"
                await service.azure.blobs.write("azureml", path, text.encode())
            _let_read_blobs(made)
            yield made
        finally:
            await service.close()


def _let_read_blobs(made: BenchWorld) -> None:
    azure = made.service.azure
    role = built_in("Storage Blob Data Reader")
    if role is None:
        raise LookupError("Storage Blob Data Reader")
    scope = azure.world.group
    assignment = azure.access.assign(made.principal, role, scope, by="bench")
    assignment.hidden["effectiveAt"] = 0
    azure.store.put(assignment)
