"""HTTPS to Azure's host names, through the local Azure's proxy and nothing else.

This file is why the stand-in cannot reach a cloud: the only address it ever connects to is
127.0.0.1 at the port that `$LOCAL_AZURE_HOME/service.json` names, and the only certificates it
accepts are those of that home's own authority. Public authorities are not loaded, proxy
settings of the environment are not read. (http.client: nothing lighter, nothing to import.)
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_azure.plugin.errors import NotReachedError, PluginError
from local_azure.plugin.values import Json, as_properties

_READ_SECONDS = 120.0
_START_HINT = "Start it with `python -m local_azure start`"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: Json
    raw: str
    """The body as text, "" when it was JSON."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """A local Azure's home folder, as far as a client needs it."""

    proxy_port: int
    trust: ssl.SSLContext

    @staticmethod
    def of(environment: Mapping[str, str]) -> Home:
        """The home that LOCAL_AZURE_HOME names. Raises PluginError when there is none."""
        named = environment.get("LOCAL_AZURE_HOME", "")
        if not named:
            raise PluginError(
                "this azure-native plugin is the local Azure's stand-in and speaks to a local "
                "Azure only, but LOCAL_AZURE_HOME is not set. "
                f"{_START_HINT} and set the variables that `python -m local_azure env` prints; "
                "for a cloud, install the published plugin: "
                "`pulumi plugin install resource azure-native`"
            )
        folder = Path(named)
        try:
            service = as_properties(json.loads((folder / "service.json").read_text("utf-8")))
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trust.load_verify_locations(cafile=folder / "ca.pem")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "broken service.json"
            raise PluginError(
                f"no local Azure has its home in {folder} (LOCAL_AZURE_HOME): {reason}. "
                f"{_START_HINT}"
            ) from error
        port = service.get("proxy_port")
        if not isinstance(port, int):
            raise PluginError(f"{folder / 'service.json'} names no proxy_port. {_START_HINT}")
        return Home(proxy_port=port, trust=trust)

    @staticmethod
    def of_this_process() -> Home:
        return Home.of(os.environ)


class Transport:
    """Sends requests; keeps finished connections for the next one. Safe between threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._idle: dict[str, list[http.client.HTTPSConnection]] = {}
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        host: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Answer:
        """One request and its answer. Raises NotReachedError when there is none."""
        kept = self._kept(host)
        connection = kept or self._new(host)
        try:
            return self._exchange(connection, method, target, host=host, headers=headers, body=body)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if kept is not None:
                # A kept connection may have ended in between: that says nothing about now.
                return self.send(method, host, target, headers=headers, body=body)
            may_pass = not isinstance(error, ConnectionRefusedError | ssl.SSLError)
            raise NotReachedError(self._explained(host, error), may_pass=may_pass) from error

    def close(self) -> None:
        """Ends the connections that are kept."""
        with self._lock:
            for connection in [kept for idle in self._idle.values() for kept in idle]:
                connection.close()
            self._idle.clear()

    def _exchange(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        target: str,
        *,
        host: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        connection.request(method, target, body=body, headers=dict(headers))
        response = connection.getresponse()
        content = response.read().decode("utf-8", "replace")
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.setdefault(host, []).append(connection)
        lower = {name.lower(): value for name, value in response.getheaders()}
        try:
            return Answer(response.status, lower, json.loads(content) if content else None, "")
        except ValueError:
            return Answer(response.status, lower, None, content)

    def _kept(self, host: str) -> http.client.HTTPSConnection | None:
        with self._lock:
            idle = self._idle.get(host)
            return idle.pop() if idle else None

    def _new(self, host: str) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection(
            "127.0.0.1",
            self._home.proxy_port,
            timeout=_READ_SECONDS,
            context=self._home.trust,
        )
        connection.set_tunnel(host, 443)
        return connection

    def _explained(self, host: str, error: Exception) -> str:
        port = self._home.proxy_port
        if isinstance(error, ConnectionRefusedError):
            return f"the local Azure does not run: nothing listens on port {port}. {_START_HINT}"
        return f"no answer from {host} by the local Azure (proxy port {port}): {error}"
