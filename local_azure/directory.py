"""The world's tenant: its service principals and managed identities, and their secrets."""

from __future__ import annotations

import hmac
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from local_azure.arm.shape import JsonObject, number, section, text

PrincipalKind = Literal["Application", "ManagedIdentity"]


@dataclass(frozen=True, kw_only=True)
class Principal:
    """One identity of the tenant."""

    object_id: str
    client_id: str
    name: str
    kind: PrincipalKind
    created: float
    """Unix seconds."""


class Directory:
    """Principals, kept in the JSON object it is given (a part of the snapshot)."""

    def __init__(self, kept: JsonObject, on_change: Callable[[], None]) -> None:
        self._kept = kept
        self._on_change = on_change
        self._by_client = {
            text(entry, "clientId").lower(): object_id for object_id, entry in kept.items()
        }

    def add(
        self,
        name: str,
        kind: PrincipalKind,
        *,
        client_id: str | None = None,
        object_id: str | None = None,
        secret: str | None = None,
        created: float | None = None,
    ) -> Principal:
        """A new principal; ids are made up where none are given."""
        object_id = object_id or str(uuid.uuid4())
        client_id = client_id or str(uuid.uuid4())
        self._kept[object_id] = {
            "clientId": client_id,
            "name": name,
            "kind": kind,
            "created": time.time() if created is None else created,
            "secret": secret,
        }
        self._by_client[client_id.lower()] = object_id
        self._on_change()
        return self._read(object_id)

    def add_application(self, name: str) -> tuple[Principal, str]:
        """A service principal of its own, without any role, and its client secret."""
        secret = secrets.token_urlsafe(30)
        return self.add(name, "Application", secret=secret), secret

    def remove(self, object_id: str) -> None:
        """Forget a principal; its role assignments stay, as in Azure."""
        entry = self._kept.pop(object_id, None)
        if entry is not None:
            self._by_client.pop(text(entry, "clientId").lower(), None)
            self._on_change()

    def get(self, object_id: str) -> Principal | None:
        """The principal with this object id."""
        return self._read(object_id) if object_id in self._kept else None

    def by_client(self, client_id: str) -> Principal | None:
        """The principal with this client (application) id."""
        object_id = self._by_client.get(client_id.lower())
        return None if object_id is None else self._read(object_id)

    def secret_matches(self, principal: Principal, secret: str) -> bool:
        """Whether this is the principal's client secret. Managed identities have none."""
        kept = text(self._kept.get(principal.object_id), "secret")
        return bool(kept) and hmac.compare_digest(kept.encode(), secret.encode(errors="replace"))

    def _read(self, object_id: str) -> Principal:
        entry = section(self._kept, object_id)
        managed = text(entry, "kind") == "ManagedIdentity"
        return Principal(
            object_id=object_id,
            client_id=text(entry, "clientId"),
            name=text(entry, "name"),
            kind="ManagedIdentity" if managed else "Application",
            created=number(entry, "created"),
        )
