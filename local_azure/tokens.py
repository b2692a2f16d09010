"""Access tokens of the world's tenant: JWTs that clients can decode and only we can verify."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from local_azure.arm.shape import JsonObject, number, parse_object, text

ARM_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")
ML_AUDIENCE = "https://ml.azure.com"


class TokenError(Exception):
    """The token is not one of this world's, has expired, or is for somebody else."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a verified token says."""

    audience: str
    principal_id: str
    client_id: str
    scope: str
    """For an endpoint's aml_token: the endpoint's ARM id; else empty."""


class TokenIssuer:
    """Issues and verifies tokens of one tenant with one key (HS256)."""

    def __init__(self, *, tenant_id: str, key: str, lifetime: Callable[[], float]) -> None:
        self._tenant_id = tenant_id
        self._key = key.encode()
        self._lifetime = lifetime

    def issue(
        self, principal_id: str, client_id: str, resource: str, *, scope: str = ""
    ) -> tuple[str, int]:
        """A token with `aud` = resource, and its expiry in Unix seconds."""
        now = int(time.time())
        expires = now + max(1, int(self._lifetime()))
        claims: JsonObject = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": now,
            "nbf": now - 60,
            "exp": expires,
            "appid": client_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": principal_id,
            "sub": principal_id,
            "tid": self._tenant_id,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        if scope:
            claims["scope"] = scope
        head = _encode({"alg": "HS256", "typ": "JWT", "kid": "local-azure"})
        signed = f"{head}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}", expires

    def verify(self, token: str, audiences: tuple[str, ...]) -> Claims:
        """The token's claims. Raises `TokenError`, whose message names no part of the token."""
        signed, _, signature = token.rpartition(".")
        if (
            not token.isascii()
            or not signed
            or not hmac.compare_digest(signature, self._signature(signed))
        ):
            raise TokenError("The access token is invalid: its signature is not this tenant's.")
        claims = parse_object(_decode(signed.partition(".")[2]))
        if claims is None or number(claims, "exp") <= time.time():
            raise TokenError("The access token expiry UTC time is earlier than current UTC time.")
        audience = text(claims, "aud").rstrip("/")
        if audience not in audiences:
            raise TokenError(
                f"The access token has been obtained for the wrong audience {audience}."
            )
        return Claims(
            audience=audience,
            principal_id=text(claims, "oid"),
            client_id=text(claims, "appid"),
            scope=text(claims, "scope"),
        )

    def _signature(self, signed: str) -> str:
        return _base64(hmac.new(self._key, signed.encode(), hashlib.sha256).digest())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _encode(value: JsonObject) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return b""
