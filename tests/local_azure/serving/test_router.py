"""The router's rules, before instances that a test plays itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from local_azure.serving.backends import Backend, Backends, Target
from local_azure.serving.placement import EndpointRoute
from local_azure.serving.router import ScoringRouter

ADDRESSES = ("/echo", "/_kubernetes/aks-1/api/v1/endpoint/echo")
KEY = {"Authorization": "Bearer first-key"}


class AnInstance:
    """A server that answers with its name and what it was sent."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[web.Request] = []
        self.gone = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        text = await request.text()
        if text == "wait":
            try:
                await asyncio.sleep(30)
            finally:
                self.gone.set()
        if text == "drop" and request.transport is not None:
            request.transport.abort()
        status = int(text) if text.isdigit() else 200
        return web.json_response({"by": self.name, "path": request.path_qs}, status=status)


class AnEndpoint:
    def __init__(self) -> None:
        self.backends = Backends()
        self.draws = [0.0]
        self.route = EndpointRoute(
            arm_id="/endpoints/echo",
            name="echo",
            auth_mode="Key",
            keys=("first-key", "second-key"),
            traffic={},
            mirror_traffic={},
            deployments={},
        )
        router = ScoringRouter(
            lambda address: self.route if address.lower() in ADDRESSES else None,
            self.backends,
            token_check=self._may_score,
            draw=lambda: self.draws[0],
            max_body=1000,
        )
        self.router = router
        app = web.Application()
        app.router.add_route("*", "/by-host/{path:.*}", router.serve_host)
        app.add_routes(router.routes())
        self.client = TestClient(TestServer(app))
        self.instances: dict[str, AnInstance] = {}

    async def _may_score(self, token: str, endpoint: EndpointRoute) -> bool:
        return token == f"token for {endpoint.name}"

    async def deploy(
        self, name: str, weight: int, *, timeout: float = 5, limit: int = 10
    ) -> Backend:
        instance = self.instances[name] = AnInstance(name)
        await instance.server.start_server()
        backend = Backend(
            deployment=name,
            limit=limit,
            request_timeout=timeout,
            compute="Managed",
            score_path="/score",
            health_path="/health",
            counters=self.backends.counters(name),
        )
        backend.add(Target(str(instance.server.make_url("")).rstrip("/")))
        self.backends.serve(name, backend)
        self.route = replace(
            self.route,
            deployments={**self.route.deployments, name: name},
            traffic={**self.route.traffic, name: weight},
        )
        return backend

    async def score(
        self, body: str = "hello", **headers: str
    ) -> tuple[int, str, aiohttp.ClientResponse]:
        sent = {**KEY, **{name.replace("_", "-"): value for name, value in headers.items()}}
        answer = await self.client.post("/echo/score", data=body, headers=sent)
        return answer.status, await answer.text(), answer


@pytest.fixture
async def echo() -> AsyncIterator[AnEndpoint]:
    made = AnEndpoint()
    await made.client.start_server()
    yield made
    await made.router.close()
    await made.client.close()
    for instance in made.instances.values():
        await instance.server.close()


async def test_keys(echo: AnEndpoint) -> None:
    await echo.deploy("blue", 100)
    assert (await echo.score(Authorization="Bearer second-key"))[0] == 200
    status, text, _ = await echo.score(Authorization="Bearer third-key")
    assert (status, text) == (401, "key_auth_access_denied")
    status, text, _ = await echo.score(Authorization="first-key")
    assert (status, text) == (401, "key_auth_bad_header_forbidden")
    assert "Authorization" not in echo.instances["blue"].seen[0].headers


async def test_tokens(echo: AnEndpoint) -> None:
    await echo.deploy("blue", 100)
    echo.route = replace(echo.route, auth_mode="AADToken")
    assert (await echo.score(Authorization="Bearer token for echo"))[0] == 200
    assert (await echo.score())[0] == 401


async def test_weights_the_header_and_what_has_no_traffic(echo: AnEndpoint) -> None:
    await echo.deploy("blue", 90)
    await echo.deploy("green", 10)
    assert '"blue"' in (await echo.score())[1]
    echo.draws = [0.95]
    _, text, answer = await echo.score()
    assert '"green"' in text
    assert answer.headers["azureml-model-deployment"] == "green"
    assert '"blue"' in (await echo.score(azureml_model_deployment="Blue"))[1]
    assert (await echo.score(azureml_model_deployment="red"))[0] == 404
    echo.route = replace(echo.route, traffic={"blue": 0, "green": 0})
    assert (await echo.score())[0] == 404
    assert (await echo.score(azureml_model_deployment="green"))[0] == 200


async def test_paths_hosts_and_unknown_endpoints(echo: AnEndpoint) -> None:
    await echo.deploy("blue", 100)
    answer = await echo.client.get("/echo/swagger.json?version=3", headers=KEY)
    assert (await answer.json())["path"] == "/swagger.json?version=3"
    answer = await echo.client.get("/echo/", headers=KEY)
    assert (await answer.json())["path"] == "/health"
    assert (await echo.client.post("/other/score", headers=KEY)).status == 404
    answer = await echo.client.get(f"{ADDRESSES[1]}/x/y%2Fz?q=1", headers=KEY)
    assert (await answer.json())["path"] == "/x/y%2Fz?q=1"
    elsewhere = ADDRESSES[1].replace("aks-1", "aks-2")
    assert (await echo.client.post(f"{elsewhere}/score", headers=KEY)).status == 404
    assert (await echo.client.post("/_kubernetes/aks-1/score", headers=KEY)).status == 404
    host = {"Host": "echo.westeurope.inference.ml.azure.com"}
    answer = await echo.client.post("/by-host/x", headers={**KEY, **host})
    assert (await answer.json())["by"] == "blue"


async def test_what_the_model_answers(echo: AnEndpoint) -> None:
    backend = await echo.deploy("blue", 100)
    status, text, answer = await echo.score("503")
    assert (status, '"blue"' in text) == (424, True)
    assert answer.headers["ms-azureml-model-error-statuscode"] == "503"
    assert answer.headers["ms-azureml-model-error-reason"] == "model_error"
    assert (await echo.score("drop"))[0] == 424
    backend.compute = "Kubernetes"
    assert (await echo.score("503"))[0] == 503
    assert (await echo.score("drop"))[0] == 502
    metrics = echo.backends.metrics("blue")
    assert metrics is not None
    assert metrics.statuses == {424: 2, 503: 1, 502: 1}
    assert metrics.model_statuses == {503: 2, 502: 2}


async def test_timeout_and_concurrency(echo: AnEndpoint) -> None:
    backend = await echo.deploy("blue", 100, timeout=0.2, limit=2)
    answers = await asyncio.gather(*(echo.score("wait") for _ in range(3)))
    assert sorted(status for status, _, _ in answers) == [408, 408, 429]
    assert (await echo.score())[0] == 200
    assert backend.in_flight == 0


async def test_no_instance_is_ready(echo: AnEndpoint) -> None:
    backend = await echo.deploy("blue", 100)
    backend.targets.clear()
    status, _, answer = await echo.score()
    assert status == 424
    assert answer.headers["ms-azureml-model-error-reason"] == "model_not_ready"


async def test_a_body_that_is_too_large(echo: AnEndpoint) -> None:
    await echo.deploy("blue", 100)
    assert (await echo.score("x" * 1001))[0] == 413
    assert echo.instances["blue"].seen == []


async def test_a_mirror_sees_a_copy_and_the_caller_sees_nothing_of_it(echo: AnEndpoint) -> None:
    await echo.deploy("blue", 100)
    await echo.deploy("shadow", 0)
    echo.route = replace(echo.route, mirror_traffic={"shadow": 50})
    status, text, _ = await echo.score("404")
    assert (status, '"blue"' in text) == (424, True)
    while not (metrics := echo.backends.metrics("shadow")) or not metrics.requests:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert await echo.instances["shadow"].seen[0].text() == "404"


async def test_a_caller_that_leaves_takes_its_request_along(echo: AnEndpoint) -> None:
    backend = await echo.deploy("blue", 100)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(echo.score("wait"), 0.2)
    while backend.in_flight:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    assert backend.counters.metrics().statuses == {499: 1}
