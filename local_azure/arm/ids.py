"""Resource ids: reading request paths, and the one canonical spelling of what is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from local_azure.arm.errors import ArmError

_ILLEGAL = re.compile(r"[/\\\x00-\x1f\x7f]")
"""Stored in an id, an encoded slash would make it the id of something else."""
GROUP_TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"


@dataclass(frozen=True, kw_only=True)
class ArmPath:
    """A request path, taken apart. Spelling is the client's; nothing is looked up yet."""

    scope: str
    """What the provider part hangs on: "" (tenant), a subscription, a group or a resource id."""
    type: str
    """`Namespace/type/child…` as spelled; resource groups and subscriptions have types too."""
    names: tuple[str, ...]
    """One name per type segment, or one fewer when `tail` says that a collection is meant."""
    collection: bool
    """True when the path ends with a type segment (a list, or an action of a POST)."""

    @property
    def id(self) -> str:
        """The path as an id, in the client's spelling."""
        if self.type == SUBSCRIPTION_TYPE:
            return f"/subscriptions/{self.names[0]}" if self.names else ""
        namespace, *kinds = self.type.split("/")
        if self.type == GROUP_TYPE:
            return f"{self.scope}/resourceGroups/{self.names[0]}" if self.names else self.scope
        pairs = [f"/{kind}/{name}" for kind, name in zip(kinds, self.names, strict=False)]
        return f"{self.scope}/providers/{namespace}{''.join(pairs)}"

    @property
    def subscription(self) -> str | None:
        """The subscription the path lies in."""
        return subscription_of(self.id) or subscription_of(self.scope)

    @property
    def group(self) -> str | None:
        """The resource group the path lies in."""
        return group_of(self.id) or group_of(self.scope)

    def owner(self) -> ArmPath:
        """The resource that a collection path (and so a POST action) belongs to."""
        return ArmPath(
            scope=self.scope,
            type=self.type.rsplit("/", 1)[0],
            names=self.names,
            collection=False,
        )


def parse(path: str) -> ArmPath:
    """Take a URL path apart. Raises `ArmError` (404) for what is no ARM path at all."""
    segments = [unquote(segment) for segment in path.strip("/").split("/")]
    lowered = [segment.lower() for segment in segments]
    if "" in segments:
        raise _not_a_path(path)
    if any(_ILLEGAL.search(segment) or segment in (".", "..") for segment in segments):
        raise ArmError(
            400,
            "InvalidResourceName",
            f"The request path '{path}' holds a name with a slash or a control character, or one "
            "of dots.",
        )
    if "providers" in lowered:
        at = len(lowered) - 1 - lowered[::-1].index("providers")
        return _provider_path("".join(f"/{s}" for s in segments[:at]), segments[at + 1 :], path)
    if lowered[0] != "subscriptions":
        raise _not_a_path(path)
    if len(segments) <= 2:
        return ArmPath(
            scope="",
            type=SUBSCRIPTION_TYPE,
            names=tuple(segments[1:]),
            collection=len(segments) < 2,
        )
    scope = f"/subscriptions/{segments[1]}"
    if lowered[2] == "resourcegroups" and len(segments) <= 4:
        return ArmPath(
            scope=scope, type=GROUP_TYPE, names=tuple(segments[3:]), collection=len(segments) == 3
        )
    if lowered[2] == "resourcegroups" and len(segments) == 5:
        scope = f"{scope}/resourceGroups/{segments[3]}"
        return ArmPath(
            scope=scope,
            type=f"Microsoft.Resources/{segments[4]}",
            names=(),
            collection=True,
        )
    if len(segments) == 3:
        return ArmPath(
            scope=scope, type=f"Microsoft.Resources/{segments[2]}", names=(), collection=True
        )
    raise _not_a_path(path)


def _provider_path(scope: str, rest: list[str], path: str) -> ArmPath:
    if not rest:
        return ArmPath(scope=scope, type="Microsoft.Resources/providers", names=(), collection=True)
    if len(rest) == 1:
        return ArmPath(
            scope=scope, type="Microsoft.Resources/providers", names=(rest[0],), collection=False
        )
    namespace, *parts = rest
    kinds, names = parts[0::2], parts[1::2]
    if "." not in namespace:
        raise _not_a_path(path)
    return ArmPath(
        scope=scope,
        type="/".join([namespace, *kinds]),
        names=tuple(names),
        collection=len(kinds) > len(names),
    )


def _not_a_path(path: str) -> ArmError:
    return ArmError(404, "InvalidRequestUri", f"The request path '{path}' names no ARM resource.")


def _after(identifier: str, word: str) -> str | None:
    parts = identifier.strip("/").split("/")
    for index in range(0, min(len(parts), 4) - 1, 2):
        if parts[index].lower() == word:
            return parts[index + 1]
    return None


def subscription_of(identifier: str) -> str | None:
    """The subscription id in an ARM id."""
    return _after(identifier, "subscriptions")


def group_of(identifier: str) -> str | None:
    """The resource group name in an ARM id."""
    return _after(identifier, "resourcegroups")


def parent_of(identifier: str) -> str:
    """The id one level up: of a child resource its parent, of a top-level one its scope."""
    head, separator, tail = identifier.rpartition("/providers/")
    if separator:
        parts = tail.split("/")
        return head if len(parts) <= 3 else f"{head}/providers/{'/'.join(parts[:-2])}"
    return identifier.rsplit("/", 2)[0]


def name_of(identifier: str) -> str:
    """The last name in an id."""
    return identifier.rsplit("/", 1)[-1]
