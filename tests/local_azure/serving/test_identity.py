"""The managed identity endpoint, with the client that deployed code uses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from local_azure.serving import identity
from tests.local_azure.serving.builders import APlatform

IDENTITIES = {"": "principal-0", "client-1": "principal-1"}
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(platform: APlatform) -> AsyncIterator[Client]:
    app = web.Application()
    secrets: Mapping[str, Mapping[str, str]] = {"secret": IDENTITIES, "uai": {"c": "p"}}
    app.add_routes(identity.routes(secrets.get, platform))
    async with TestClient(TestServer(app)) as made:
        yield made


async def token(client: Client, header: str = "secret", **query: str) -> tuple[int, dict[str, str]]:
    asked = {"api-version": "2019-08-01", "resource": "https://management.azure.com", **query}
    answer = await client.get("/msi/token", params=asked, headers={"X-IDENTITY-HEADER": header})
    return answer.status, await answer.json()


async def test_the_system_assigned_identity_is_the_default(client: Client) -> None:
    status, answer = await token(client)
    assert status == 200
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["oid"], claims["aud"]) == ("principal-0", "https://management.azure.com")
    assert (answer["token_type"], answer["resource"]) == ("Bearer", "https://management.azure.com")
    assert answer["expires_on"].isdigit()


async def test_a_client_id_picks_another(client: Client) -> None:
    _, answer = await token(client, client_id="CLIENT-1")
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["oid"] == "principal-1"


async def test_refusals(client: Client) -> None:
    assert (await token(client, "none"))[0] == 401
    assert (await token(client, client_id="unknown"))[0] == 400
    assert (await token(client, resource=""))[0] == 400
    status, answer = await token(client, "uai")
    assert status == 400
    assert "No User Assigned or Delegated Managed Identity" in answer["message"]
