# ruff: noqa: ARG002 - hooks: subclasses use the arguments that the defaults do not need
"""What a resource type says about itself; the engine does the rest.

A service is a subclass per type, in `local_azure/services`: its name, verbs and actions, then
`accept` (checks and defaults), `view` (computed fields), `settle` and `removed` (what happens).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from local_azure.arm.ids import ArmPath
from local_azure.arm.operations import Operation
from local_azure.arm.shape import JsonObject, JsonValue, copied
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.directory import Principal

ALL_VERBS = ("GET", "LIST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to ARM, after its caller was identified and its path understood."""

    method: str
    path: ArmPath
    id: str
    """Canonical where the resource or its parent exists, else as the client spelled it."""
    query: Mapping[str, str]
    """Keys in lower case."""
    body: JsonObject
    caller: Principal
    api_version: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer. `body` None means no content."""

    status: int = 200
    body: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    operation: Operation | None = None


@dataclass(frozen=True, kw_only=True)
class Action:
    """A POST action of a resource."""

    run: Callable[[Call, Resource], Awaitable[JsonValue | Reply]]
    permission: str
    """What follows the type in the RBAC action: `listKeys/action`."""
    ahead: bool = False
    """Also of a resource that is not there yet, which then has an empty body."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule that a type enforces, for the documentation and its tests."""

    id: str
    """Tests name it in their docstring."""
    text: str
    fact: str = ""
    """Section of the facts it rests on: a key of `FACTS`."""
    certainty: Literal["C", "I", "U"] = "C"
    """Confirmed, inferred, or unsure whether the cloud answers with the same code."""


FACTS: Mapping[str, str] = {
    "1": "names and limits",
    "2": "quota",
    "3": "traffic",
    "4": "identity and roles",
    "6": "what azure-ai-ml sends",
    "8": "what users have reported",
}


class ResourceType:
    """The defaults: a plain synchronous resource that keeps what it is sent."""

    type: ClassVar[str]
    """`Namespace/type/child…` in Azure's spelling."""
    verbs: ClassVar[tuple[str, ...]] = ALL_VERBS
    anywhere: ClassVar[bool] = False
    """An extension type: it can hang on any scope."""
    computed: ClassVar[bool] = False
    """Nothing of it is stored, so it has no stored parent either."""
    makes_parent: ClassVar[bool] = False
    """Its parent appears with it, so a missing parent is no error, and its list is empty."""
    created_status: ClassVar[int] = 201
    """Status of a synchronous PUT that made something new."""
    asynchronous: ClassVar[bool] = False
    """PUT and DELETE answer with an operation to poll."""
    has_state: ClassVar[bool] = True
    """Whether it shows properties.provisioningState."""
    read_only: ClassVar[tuple[str, ...]] = ()
    """Properties that clients echo and the service computes; dropped from bodies."""
    patchable: ClassVar[tuple[str, ...]] = ("tags", "identity", "sku", "kind", "properties")
    """Top-level sections that a PATCH may hold."""
    rules: ClassVar[tuple[Rule, ...]] = ()
    """What it enforces."""
    schema: ClassVar[str] = ""
    """The type whose schema its request bodies obey; "" for its own."""
    access: ClassVar[str] = ""
    """The type that its RBAC actions name; "" for its own."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure

    def actions(self) -> Mapping[str, Action]:
        """POST actions by name."""
        return {}

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        """Check a PUT's or PATCH's full body and fill it up.

        Returns the body to keep and the hidden part; raises `ArmError` and nothing happened.
        """
        return body, existing.hidden if existing else {}

    async def settle(self, call: Call, resource: Resource, previous: JsonObject | None) -> None:
        """Make what was accepted happen; `previous` is the body it replaces.

        For asynchronous types this runs in the operation; an `ArmError` leaves it Failed.
        """

    async def refuse_delete(self, call: Call, resource: Resource) -> None:
        """Raise `ArmError` when the resource may not be deleted now."""

    async def removing(self, resource: Resource) -> None:
        """Undo what `settle` did; called for each resource before it is forgotten."""

    def view(self, resource: Resource) -> JsonObject:
        """What a GET shows, without the envelope."""
        return copied(resource.body)

    def listing(self, call: Call) -> list[JsonObject] | None:
        """The entries of a computed collection; None to list what is stored."""
        return None

    def collection_reply(self, call: Call) -> Reply | None:
        """The whole answer of a computed collection that is more than a list."""
        return None

    def visible(self, resource: Resource) -> bool:
        """Whether reads find the resource yet."""
        return True

    def computed_reply(self, call: Call) -> Reply | None:
        """What a GET of something that is not stored answers; None for ResourceNotFound."""
        return None

    def permission(self, verb: str) -> str | None:
        """The RBAC action of a verb; None for what everybody in the tenant may do."""
        word = {"GET": "read", "LIST": "read", "DELETE": "delete"}.get(verb, "write")
        return f"{self.access or self.type}/{word}"

    def delay(self, verb: str) -> float:
        """Seconds that an operation of this verb takes beyond its work."""
        return 0.0

    def busy_scope(self, resource_id: str) -> str | None:
        """The id below which only one operation may be under way at a time."""
        return None
