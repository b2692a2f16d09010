"""An endpoint on Kubernetes shares its name with nobody but its workspace and its cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from local_azure.arm.shape import JsonObject, section, text
from local_azure.platform import Endpoints
from local_azure.serving.backends import Backend, Backends, Target
from local_azure.serving.router import ScoringRouter
from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import LocalAzure, a_deployment, an_endpoint

NAME = "shared"


class Places:
    """Three workspaces: one managed, and two with a cluster each. `shared` is in all of them."""

    def __init__(self, engine: EngineWorld) -> None:
        self.engine = engine
        self.endpoints = [engine.endpoint_id(NAME)]
        engine.must("PUT", self.endpoints[0], an_endpoint())
        for place in ("north", "south"):
            self.endpoints.append(f"{self.workspace(place)}/onlineEndpoints/{NAME}")
            compute = self.attached(place, cluster=f"aks-{place}")
            engine.must("PUT", self.endpoints[-1], an_endpoint(compute=compute))

    def workspace(self, name: str) -> str:
        """ARM id of a workspace, made when it is not there."""
        identifier = self.engine.workspace.replace("mlw-local", f"mlw-{name}")
        if self.engine.arm("GET", identifier).status == 404:
            self.engine.must("PUT", identifier, {"location": "westeurope", "properties": {}})
        return identifier

    def attached(self, workspace: str, *, cluster: str) -> str:
        """ARM id of a compute of a workspace."""
        clusters = f"{self.engine.azure.world.group}/providers/Microsoft.ContainerService"
        compute: JsonObject = {
            "computeType": "Kubernetes",
            "resourceId": f"{clusters}/managedClusters/{cluster}",
        }
        identifier = f"{self.workspace(workspace)}/computes/{cluster}"
        self.engine.must("PUT", identifier, {"location": "westeurope", "properties": compute})
        return identifier

    def uri(self, endpoint: str) -> str:
        """The path of its scoring URI."""
        shown = text(self.engine.arm("GET", endpoint).body, "properties", "scoringUri")
        return shown.removeprefix(self.engine.azure.http_url)

    def key(self, endpoint: str) -> str:
        """Its primary key."""
        return text(self.engine.arm("POST", f"{endpoint}/listKeys").body, "primaryKey")

    def deployed(self, endpoint: str) -> None:
        """A deployment `blue` with all the traffic."""
        body = an_endpoint(traffic={"blue": 100})
        deployment = a_deployment()
        if endpoint != self.endpoints[0]:
            shown = self.engine.arm("GET", endpoint).body
            section(body, "properties")["compute"] = text(shown, "properties", "compute")
            section(deployment, "properties")["endpointComputeType"] = "Kubernetes"
            section(deployment, "properties").pop("instanceType")
        self.engine.must("PUT", f"{endpoint}/deployments/blue", deployment)
        self.engine.must("PUT", endpoint, body)


@pytest.fixture
def places(engine: EngineWorld) -> Places:
    return Places(engine)


def test_each_answers_at_its_own_uri_to_its_own_key(places: Places) -> None:
    """Section 1. Rule endpoint-name-cluster."""
    for endpoint in places.endpoints:
        places.deployed(endpoint)
    uris = {endpoint: places.uri(endpoint) for endpoint in places.endpoints}
    keys = {endpoint: places.key(endpoint) for endpoint in places.endpoints}
    managed, north, _ = places.endpoints
    assert uris[managed] == f"/{NAME}/score"
    assert uris[north].endswith(f"/api/v1/endpoint/{NAME}/score")
    assert "aks-north" in uris[north]
    assert asyncio.run(_answers(places, uris, keys)) == {
        (uri, key): (200, f"{endpoint}/deployments/blue") if endpoint == other else (401, "")
        for endpoint, uri in uris.items()
        for other, key in keys.items()
    }


async def _answers(
    places: Places, uris: Mapping[str, str], keys: Mapping[str, str]
) -> dict[tuple[str, str], tuple[int, str]]:
    """What each URI answers to each key: status, and the deployment that ran."""
    endpoints, backends = Endpoints(places.engine.azure), Backends()
    servers: list[TestServer] = []
    for endpoint in places.endpoints:
        server = await _an_instance(f"{endpoint}/deployments/blue")
        servers.append(server)
        backend = Backend(
            deployment="blue",
            limit=10,
            request_timeout=5,
            compute="Managed",
            score_path="/score",
            health_path="/health",
            counters=backends.counters(f"{endpoint}/deployments/blue"),
        )
        backend.add(Target(str(server.make_url("")).rstrip("/")))
        backends.serve(f"{endpoint}/deployments/blue", backend)
    router = ScoringRouter(endpoints.route, backends, token_check=endpoints.token_may_score)
    app = web.Application()
    app.add_routes(router.routes())
    found: dict[tuple[str, str], tuple[int, str]] = {}
    async with TestClient(TestServer(app)) as client:
        for uri in uris.values():
            for key in keys.values():
                headers = {"Authorization": f"Bearer {key}"}
                answer = await client.post(uri, data="hello", headers=headers)
                text = await answer.text() if answer.status == 200 else ""
                found[uri, key] = answer.status, text
    await router.close()
    for server in servers:
        await server.close()
    return found


async def _an_instance(says: str) -> TestServer:
    async def score(_: web.Request) -> web.Response:
        return web.Response(text=says)

    app = web.Application()
    app.router.add_post("/score", score)
    server = TestServer(app)
    await server.start_server()
    return server


def test_a_cluster_has_a_name_once_whoever_attached_it(places: Places) -> None:
    """Section 1. Rule endpoint-name-cluster."""
    compute = places.attached("east", cluster="AKS-north")
    body = an_endpoint(compute=compute)
    path = f"{places.workspace('east')}/onlineEndpoints"
    answer = places.engine.arm("PUT", f"{path}/{NAME.upper()}", body)
    assert (answer.status, answer.code) == (409, "EndpointAlreadyExists")
    assert "aks-north" in answer.message.lower()
    assert places.engine.arm("PUT", f"{path}/another", body).status == 201


def test_a_name_on_a_cluster_is_free_at_once_and_keeps_no_managed_one(places: Places) -> None:
    """Section 8. Rules endpoint-name-reserved, endpoint-name-cluster."""
    engine, (managed, north, _) = places.engine, places.endpoints
    engine.set(name_reserved_seconds=600)
    body = an_endpoint(compute=text(engine.arm("GET", north).body, "properties", "compute"))
    engine.must("DELETE", north)
    engine.must("PUT", north, body)
    engine.must("DELETE", managed)
    assert engine.arm("PUT", managed, an_endpoint()).code == "EndpointNameNotAvailable"
    engine.must("PUT", managed, body | {"properties": _on(places, "aks-west")})


def _on(places: Places, cluster: str) -> JsonObject:
    compute = places.attached("local", cluster=cluster)
    return section(an_endpoint(compute=compute), "properties")


def test_endpoints_on_clusters_take_none_of_the_regions(places: Places) -> None:
    """Section 1. Rule endpoint-limit."""
    places.engine.set(max_endpoints=2)
    places.engine.must("PUT", places.engine.endpoint_id("second"), an_endpoint())
    refused = places.engine.arm("PUT", places.engine.endpoint_id("third"), an_endpoint())
    assert refused.code == "QuotaExceeded"


def test_a_detached_cluster_changes_no_uri(places: Places) -> None:
    """What runs there goes on, and so does its address."""
    north = places.endpoints[1]
    before = places.uri(north)
    places.engine.must("DELETE", f"{places.workspace('north')}/computes/aks-north")
    assert places.uri(north) == before


@pytest.mark.local
def test_logs_of_endpoints_of_one_name_are_told_apart_by_workspace(azure: LocalAzure) -> None:
    name = "twice"
    places = {"mlw-local": azure.workspace, "mlw-aside": azure.workspace[:-5] + "aside"}
    azure.must("PUT", places["mlw-aside"], {"location": "westeurope", "properties": {}})
    clusters = f"{azure.world.group}/providers/Microsoft.ContainerService/managedClusters"
    compute: JsonObject = {"computeType": "Kubernetes", "resourceId": f"{clusters}/aks-aside"}
    attached = f"{places['mlw-aside']}/computes/aks"
    azure.must("PUT", attached, {"location": "westeurope", "properties": compute})
    on_it = a_deployment(endpointComputeType="Kubernetes")
    section(on_it, "properties").pop("instanceType")
    for place, body in (("mlw-local", an_endpoint()), ("mlw-aside", an_endpoint(compute=attached))):
        endpoint = f"{places[place]}/onlineEndpoints/{name}"
        azure.must("PUT", endpoint, body)
        blue = a_deployment() if place == "mlw-local" else on_it
        azure.done(azure.arm("PUT", f"{endpoint}/deployments/blue", blue))
    said = azure.command("logs", name, "blue", fails=True)
    assert "name one of mlw-aside/twice, mlw-local/twice" in said
    assert "has no environment" in azure.command("logs", "mlw-aside/twice", "blue")
    azure.must("DELETE", f"{places['mlw-local']}/onlineEndpoints/{name}")
    azure.must("DELETE", places["mlw-aside"])
