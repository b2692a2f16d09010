"""What models, environments and codes have in common: a container with immutable versions."""

from __future__ import annotations

from typing import ClassVar

from local_azure.arm import errors
from local_azure.arm.ids import parent_of
from local_azure.arm.resource_type import Call, ResourceType, Rule
from local_azure.arm.shape import JsonObject, dig, section
from local_azure.arm.store import Resource
from local_azure.azure import Azure


class Containers(ResourceType):
    """The container of an asset. Shows its latest and the next free version."""

    read_only = ("latestVersion", "nextVersion")

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        versions = self.azure.store.children(resource.id, f"{self.type}/versions")
        properties = section(view, "properties")
        latest = newest(versions)
        numbers = [int(one.name) for one in versions if one.name.isdecimal()]
        properties["latestVersion"] = latest.name if latest else None
        properties["nextVersion"] = str(max(numbers, default=0) + 1)
        _fill(properties)
        view["properties"] = properties
        return view


class Versions(ResourceType):
    """A version of an asset. Its container appears with its first version."""

    makes_parent = True
    frozen: ClassVar[tuple[str, ...]] = ()
    """Properties that a later PUT of the same version may not change."""
    rules = (
        Rule(
            id="version-fixed",
            text="what a version consists of cannot change: Conflict",
            fact="6",
            certainty="U",
        ),
    )

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        if existing is not None:
            self._refuse_change(call, body, existing)
        return body, existing.hidden if existing else {}

    def _refuse_change(self, call: Call, body: JsonObject, existing: Resource) -> None:
        for name in self.frozen:
            now, then = dig(body, "properties", name), dig(existing.properties, name)
            if now is not None and now != then:
                raise errors.conflict(
                    f"{self.type.split('/')[-2]} {'/'.join(call.path.names[-2:])} exists with "
                    f"another {name}; an asset version cannot be changed. Register a new version."
                )

    async def settle(self, call: Call, resource: Resource, previous: JsonObject | None) -> None:
        del previous
        ensure_container(self.azure, resource, by=call.caller.client_id)

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        _fill(properties)
        properties.setdefault("isAnonymous", False)
        view["properties"] = properties
        return view


def newest(versions: list[Resource]) -> Resource | None:
    """The version that the label `latest` stands for: created last."""
    return max(versions, key=lambda one: one.created_at, default=None)


def ensure_container(azure: Azure, version: Resource, *, by: str) -> None:
    """Make the container of a version, where it is missing."""
    container = parent_of(version.id)
    if azure.store.get(container) is None:
        azure.store.put(
            Resource(
                id=container,
                type=version.type.removesuffix("/versions"),
                body={"properties": {}},
                created_by=by,
                changed_by=by,
            )
        )


def _fill(properties: JsonObject) -> None:
    properties.setdefault("description", None)
    properties.setdefault("tags", {})
    properties.setdefault("properties", {})
    properties.setdefault("isArchived", False)
