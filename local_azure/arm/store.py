"""The resources of a world, in one canonical shape. Knows nothing of HTTP, types or access."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from local_azure.arm.ids import parent_of
from local_azure.arm.shape import JsonObject, section, text


def timestamp() -> str:
    """Now, as Azure writes times."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _nothing() -> JsonObject:
    return {}


@dataclass(kw_only=True)
class Resource:
    """One resource. After changing it in place, call `Store.put` so that it is kept."""

    id: str
    """Canonical spelling; compared without case."""
    type: str
    body: JsonObject
    """`location`, `tags`, `kind`, `sku`, `identity`, `properties`: what a GET shows."""
    hidden: JsonObject = field(default_factory=_nothing)
    """What no GET shows: keys, credentials, client ids."""
    created_at: str = field(default_factory=timestamp)
    created_by: str = ""
    changed_at: str = field(default_factory=timestamp)
    changed_by: str = ""

    @property
    def name(self) -> str:
        """The last segment of the id."""
        return self.id.rsplit("/", 1)[-1]

    @property
    def properties(self) -> JsonObject:
        """The body's properties, attached (an empty one is put there when missing)."""
        if not isinstance(self.body.get("properties"), dict):
            self.body["properties"] = {}
        return section(self.body, "properties")

    @property
    def state(self) -> str:
        """provisioningState; Succeeded for types that have none."""
        return text(self.body, "properties", "provisioningState", default="Succeeded")


class Store:
    """Resources by id, without case. `on_change` is called after each write."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._resources: dict[str, Resource] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._of_type: dict[str, dict[str, None]] = {}
        self._encoded: dict[str, str] = {}
        self._on_change = on_change
        self.revision = 0
        """Grows with each write: what was derived at an older one is stale."""

    def get(self, identifier: str) -> Resource | None:
        """The resource with this id, in any spelling."""
        return self._resources.get(identifier.rstrip("/").lower())

    def put(self, resource: Resource) -> None:
        """Keep a new or changed resource."""
        key = resource.id.lower()
        if key not in self._resources:
            self._children.setdefault(parent_of(key), {})[key] = None
            self._of_type.setdefault(resource.type.lower(), {})[key] = None
        self._resources[key] = resource
        self._encoded.pop(key, None)
        self.revision += 1
        self._on_change()

    def remove(self, identifier: str) -> list[Resource]:
        """Forget a resource and all below it; returns them, the deepest first."""
        found = [*self._subtree(identifier.lower())]
        found.reverse()
        for resource in found:
            key = resource.id.lower()
            del self._resources[key]
            self._encoded.pop(key, None)
            self._children.get(parent_of(key), {}).pop(key, None)
            self._of_type[resource.type.lower()].pop(key, None)
        if found:
            self.revision += 1
            self._on_change()
        return found

    def children(self, parent_id: str, type_name: str) -> list[Resource]:
        """Direct children of one type, in order of creation."""
        wanted = type_name.lower()
        keys = self._children.get(parent_id.lower(), {})
        found = (self._resources[key] for key in keys)
        return [resource for resource in found if resource.type.lower() == wanted]

    def under(self, scope: str, type_name: str) -> list[Resource]:
        """All resources of one type at any depth below a scope ("" is everything)."""
        prefix = scope.lower().rstrip("/") + "/"
        keys = self._of_type.get(type_name.lower(), {})
        return [self._resources[key] for key in keys if key.startswith(prefix)]

    def all(self) -> list[Resource]:
        """Every resource."""
        return list(self._resources.values())

    def _subtree(self, key: str) -> Iterator[Resource]:
        resource = self._resources.get(key)
        if resource is not None:
            yield resource
        for child in list(self._children.get(key, {})):
            yield from self._subtree(child)

    def encoded(self) -> str:
        """All resources as a JSON array, one a line; unchanged ones are not encoded again."""
        lines: list[str] = []
        for key, resource in self._resources.items():
            line = self._encoded.get(key)
            if line is None:
                line = self._encoded[key] = json.dumps(vars(resource), separators=(",", ":"))
            lines.append(line)
        return "[\n" + ",\n".join(lines) + "\n]"

    def load(self, resources: list[Resource]) -> None:
        """Fill an empty store, without counting as a change."""
        notify, self._on_change = self._on_change, lambda: None
        for resource in resources:
            self.put(resource)
        self._on_change = notify
