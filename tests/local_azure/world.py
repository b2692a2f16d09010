"""A local Azure of one's own for tests: started with the real command, on free ports."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from local_azure import control
from local_azure.arm.shape import JsonObject, JsonValue, parse_object, text
from local_azure.egress import client_environment
from local_azure.world import World, open_world

ROOT = Path(__file__).parents[2]
ML = "Microsoft.MachineLearningServices"
API_VERSION = "2025-12-01"


@dataclass(frozen=True)
class Answer:
    """What ARM said."""

    status: int
    body: JsonObject
    headers: httpx.Headers = field(repr=False)

    @property
    def code(self) -> str:
        """The error's code, "" when there is none."""
        return text(self.body, "error", "code")

    @property
    def message(self) -> str:
        """The error's message."""
        return text(self.body, "error", "message")


@dataclass(frozen=True)
class Deployer:
    """Somebody who may call ARM."""

    client_id: str
    object_id: str
    secret: str = field(repr=False)


class LocalAzure:
    """One running local Azure. Use it as a context: it is always stopped."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self._arguments = arguments
        self._client: httpx.Client | None = None

    def __enter__(self) -> LocalAzure:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, or start it again."""
        self.command("start", *self._arguments)

    def stop(self) -> None:
        """End it and all it has started."""
        self.forget_connections()
        self.command("stop")

    def forget_connections(self) -> None:
        """Close what is open to a service that is gone."""
        if self._client is not None:
            self._client.close()
        self._client = None

    def command(self, name: str, *arguments: str, fails: bool = False) -> str:
        """Run `python -m local_azure NAME`; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "local_azure", name, "--home", str(self.home), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, said
        assert "Traceback" not in said, said
        return said

    @property
    def running(self) -> control.Running:
        """Ports and pid."""
        return control.need(self.home)

    @property
    def world(self) -> World:
        """Names and secrets."""
        return open_world(self.home, {})

    @property
    def url(self) -> str:
        """The plain site."""
        return f"http://127.0.0.1:{self.running.http_port}"

    @property
    def workspace(self) -> str:
        """ARM id of the workspace."""
        return self.world.workspace_id

    def endpoint_id(self, name: str) -> str:
        """ARM id of an endpoint."""
        return f"{self.workspace}/onlineEndpoints/{name}"

    def environment(self) -> dict[str, str]:
        """What `env` prints."""
        ports = {"proxy_port": self.running.proxy_port, "http_port": self.running.http_port}
        return client_environment(self.home, self.world, **ports)

    @contextmanager
    def entered(self) -> Generator[None]:
        """This process' own environment points here meanwhile (for azure-identity and the like)."""
        before = dict(os.environ)
        os.environ.update(self.environment())
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def client(self) -> httpx.Client:
        """An HTTP client behind the proxy; it keeps its connections."""
        if self._client is None:
            self._client = self.new_client()
        return self._client

    def new_client(self) -> httpx.Client:
        """One without connections yet."""
        trust = ssl.create_default_context(cafile=str(self.home / "ca.pem"))
        proxy = f"http://127.0.0.1:{self.running.proxy_port}"
        return httpx.Client(proxy=proxy, verify=trust, trust_env=False, timeout=60)

    @property
    def deployer(self) -> Deployer:
        """The deployer that `env` names."""
        world = self.world
        known = (world.deployer_client_id, world.deployer_object_id, world.deployer_secret)
        return Deployer(*known)

    def an_application(self, name: str = "somebody") -> Deployer:
        """A new service principal that has no role."""
        made = control.ask(self.home, "POST", "/_local/principals", body={"name": name})
        return Deployer(
            client_id=text(made, "clientId"),
            object_id=text(made, "objectId"),
            secret=text(made, "clientSecret"),
        )

    def token(self, who: Deployer | None = None, *, scope: str = "management.azure.com") -> str:
        """An access token by the client-credentials grant."""
        who = who or self.deployer
        answer = self.client().post(
            f"https://login.microsoftonline.com/{self.world.tenant_id}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": who.client_id,
                "client_secret": who.secret,
                "scope": f"https://{scope}/.default",
            },
        )
        return text(parse_object(answer.content) or {}, "access_token")

    def arm(
        self,
        method: str,
        path: str,
        body: Mapping[str, JsonValue] | None = None,
        *,
        who: Deployer | None = None,
        api_version: str = API_VERSION,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """One ARM request, without waiting for what it starts."""
        url = path if path.startswith("https:") else f"https://management.azure.com{path}"
        parameters = {} if "api-version=" in url else {"api-version": api_version}
        answer = self.client().request(
            method,
            url,
            params={**parameters, **(query or {})} or None,
            headers={"Authorization": f"Bearer {self.token(who)}"},
            content=None if body is None else json.dumps(body),
        )
        return Answer(answer.status_code, parse_object(answer.content) or {}, answer.headers)

    def done(self, accepted: Answer, *, who: Deployer | None = None) -> Answer:
        """Follow an accepted request to its end; the operation's last state."""
        assert accepted.status < 300, accepted
        url = accepted.headers.get("Azure-AsyncOperation")
        if url is None:
            return accepted
        for _ in range(3000):
            state = self.arm("GET", url, who=who)
            if text(state.body, "status") != "InProgress":
                return state
        raise AssertionError(f"{url} does not end")

    def must(
        self, method: str, path: str, body: Mapping[str, JsonValue] | None = None
    ) -> JsonObject:
        """An ARM request that succeeds, waited for; the resource as it is then."""
        end = self.done(self.arm(method, path, body))
        assert end.status < 300, end
        assert text(end.body, "status", default="Succeeded") == "Succeeded", end
        return {} if method == "DELETE" else self.arm("GET", path).body

    def set(self, **values: object) -> None:
        """Change settings while it runs."""
        body = {name: str(value) for name, value in values.items()}
        control.ask(self.home, "POST", "/_local/settings", body=body)

    def grant(self, who: str, role: str, scope: str) -> None:
        """A role assignment by the world's owner."""
        self.command("grant", "--assignee-object-id", who, "--role", role, "--scope", scope)


def an_endpoint(**properties: JsonValue) -> JsonObject:
    """The ARM body of a managed endpoint."""
    return {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {"authMode": "Key", **properties},
    }


def a_deployment(**properties: JsonValue) -> JsonObject:
    """The ARM body of a managed deployment of one small instance (4 cores of quota, 2 used)."""
    return {
        "location": "westeurope",
        "sku": {"name": "Default", "capacity": 1},
        "properties": {
            "endpointComputeType": "Managed",
            "instanceType": "Standard_DS2_v2",
            **properties,
        },
    }
