"""Tokens for the plugin: the client-credentials grant, as the deployer's service principal.

No azure-identity here: importing it costs more than everything else the plugin does.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from local_azure.plugin.errors import PluginError
from local_azure.plugin.transport import Answer, Transport
from local_azure.plugin.values import Properties, as_properties, text

_LOGIN_HOST = "login.microsoftonline.com"
_SCOPE = "https://management.azure.com/.default"
_EARLY_SECONDS = 120.0
"""A token is replaced this long before it ends."""
_VARIABLES = {
    "tenant_id": "AZURE_TENANT_ID",
    "client_id": "AZURE_CLIENT_ID",
    "client_secret": "AZURE_CLIENT_SECRET",
}


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A service principal. The secret does not show when this is printed."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)

    @staticmethod
    def of(environment: Mapping[str, str]) -> Credentials:
        """Those of the local Azure's environment. Raises PluginError naming what is missing."""
        missing = [name for name in _VARIABLES.values() if not environment.get(name)]
        if missing:
            raise PluginError(
                f"{', '.join(missing)} not set: "
                "set the variables that `python -m local_azure env` prints"
            )
        return Credentials(**{key: environment[name] for key, name in _VARIABLES.items()})


class TokenSource:
    """One token for all requests, renewed in time. Safe between threads."""

    def __init__(self, transport: Transport, credentials: Credentials) -> None:
        self._transport = transport
        self._credentials = credentials
        self._token = ""
        self._end = 0.0
        self._lock = threading.Lock()

    @property
    def client_id(self) -> str:
        return self._credentials.client_id

    @property
    def tenant_id(self) -> str:
        return self._credentials.tenant_id

    def token(self) -> str:
        """A valid access token for ARM. Raises PluginError when the sign-in is refused."""
        with self._lock:
            if time.monotonic() >= self._end:
                grant = self._grant()
                self._token = text(grant, "access_token")
                lifetime = float(str(grant.get("expires_in") or 0))
                self._end = time.monotonic() + lifetime - _EARLY_SECONDS
            return self._token

    def claims(self) -> Properties:
        """Claims of the token: `oid` is the principal that the plugin acts as."""
        payload = self.token().split(".")[1]
        padded = payload + "=" * (-len(payload) % 4)
        return as_properties(json.loads(base64.urlsafe_b64decode(padded)))

    def _grant(self) -> Properties:
        answer = self._asked()
        if answer.status != 200:
            said = text(as_properties(answer.body), "error_description") or answer.raw
            reason = said.splitlines()[0] if said else "no reason given"
            raise PluginError(
                f"signing in as {self.client_id} failed (status {answer.status}): {reason}. "
                "Set the variables that `python -m local_azure env` prints"
            )
        return as_properties(answer.body)

    def _asked(self) -> Answer:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
            "scope": _SCOPE,
        }
        return self._transport.send(
            "POST",
            _LOGIN_HOST,
            f"/{self._credentials.tenant_id}/oauth2/v2.0/token",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )
