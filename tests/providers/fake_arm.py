"""An ARM of a few resources in memory, for what a provider decides; the wire is another test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from components.providers.arm import ArmError, Json

WORKSPACE = (
    "/subscriptions/s/resourceGroups/rg/providers"
    "/Microsoft.MachineLearningServices/workspaces/mlw-theirs"
)
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/chat"
IDENTITY = "5f9a1c3e-0000-4000-8000-0000000000aa"
KEY = "the-key-that-nobody-may-see"


@dataclass
class FakeArm:
    """Resources by id. `writes` tells what was sent."""

    resources: dict[str, Json] = field(default_factory=dict[str, Json])
    writes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    refuse: Callable[[str, str], ArmError | None] = lambda _method, _id: None
    """Asked before every write; an error is raised."""

    def get(self, arm_id: str, **_: str) -> Json | None:
        """The resource."""
        return self.resources.get(arm_id)

    def list(self, arm_id: str, **_: str) -> Iterator[Json]:
        """Everything right below the collection."""
        below = (key for key in self.resources if key.rpartition("/")[0] == arm_id)
        return iter([self.resources[key] for key in below])

    def put(self, arm_id: str, body: Mapping[str, object], **_: str) -> None:
        """Replace, full-body."""
        self._write("PUT", arm_id)
        self.resources[arm_id] = {**body, "id": arm_id}

    def post(self, arm_id: str, body: Mapping[str, object] | None = None) -> Json:
        """Keys and logs."""
        if arm_id.endswith("/listKeys"):
            return {"primaryKey": KEY, "secondaryKey": "other"}
        if arm_id.endswith("/getLogs"):
            return {"content": f"line one of {(body or {})['containerType']}\nthe last line\n"}
        raise ArmError(status=404, code="NotFound", message=arm_id)

    def delete(self, arm_id: str, **_: str) -> None:
        """Forget."""
        self._write("DELETE", arm_id)
        self.resources.pop(arm_id, None)

    def _write(self, method: str, arm_id: str) -> None:
        error = self.refuse(method, arm_id)
        if error is not None:
            raise error
        self.writes.append((method, arm_id))


def an_endpoint(**settings: object) -> Json:
    """An endpoint called `chat` with a system-assigned identity."""
    return {
        "location": "westeurope",
        "tags": {"flow": "chat"},
        "identity": {"type": "SystemAssigned", "principalId": IDENTITY, "tenantId": "t"},
        "properties": {
            "authMode": "Key",
            "scoringUri": "http://127.0.0.1:1/chat/score",
            "swaggerUri": "http://127.0.0.1:1/chat/swagger.json",
            "provisioningState": "Succeeded",
            "description": "theirs",
            **settings,
        },
    }


def their_azure(*deployments: str, **settings: object) -> FakeArm:
    """A workspace with an endpoint and deployments."""
    resources = {ENDPOINT: an_endpoint(**settings)}
    resources |= {f"{ENDPOINT}/deployments/{name}": {"name": name} for name in deployments}
    return FakeArm(resources)


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pass."""
        self.now += seconds


def properties(arm: FakeArm, arm_id: str = ENDPOINT) -> Json:
    """The properties of a resource, the endpoint if not said."""
    return dict(cast("Json", arm.resources[arm_id]["properties"]))


def split(arm: FakeArm) -> object:
    """The endpoint's live traffic."""
    return properties(arm).get("traffic")
