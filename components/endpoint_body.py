"""The endpoint's ARM body with the identity it will have, and what of it Azure never changes.

A change of that means another endpoint: the old one is deleted first, with its keys and all its
deployments, and for a while its name stays taken. So it is said beforehand (`surveyor`).
"""

from collections.abc import Mapping

from components.providers.arm import section, text
from specs.endpoint import SECRET_STORES, Endpoint
from specs.workspace import Workspace

FIXED = (
    "location",
    "identity.type",
    "identity.userAssignedIdentities",
    "properties.compute",
    f"properties.properties.{SECRET_STORES}",
)
"""As azure-native's inputs are called. Its own diff knows the location only, and Azure refuses
the update (property bags are add-only, so a flag once set stays)."""


def identity_name(endpoint: Endpoint) -> str:
    """Name of the identity that the program makes where the endpoint's file names none."""
    return f"{endpoint.name}-identity"


def identity_id(endpoint: Endpoint, place: Workspace) -> str | None:
    """ARM id of the user-assigned identity, made here or not; None for another kind."""
    if endpoint.identity_type != "UserAssigned":
        return None
    provider = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    return endpoint.identity_id or f"{place.group_id}/{provider}/{identity_name(endpoint)}"


def endpoint_body(endpoint: Endpoint, place: Workspace) -> dict[str, object]:
    """What is sent."""
    return endpoint.body(place, identity_id=identity_id(endpoint, place))


def reason_to_replace(live: Mapping[str, object], wanted: Mapping[str, object]) -> str | None:
    """Why a live endpoint cannot become the one that is wanted; None where it can."""
    for name in FIXED:
        before, after = _value(live, name), _value(wanted, name)
        first_set = name.endswith(SECRET_STORES) and not before
        if before != after and not first_set:
            return f"{name} is {before or 'not set'} and shall be {after or 'not set'}"
    return None


def _value(body: Mapping[str, object], name: str) -> str:
    path = name.split(".")
    if name == "identity.userAssignedIdentities":
        return ", ".join(sorted(id_.lower() for id_ in section(body, *path)))
    return text(body, *path).lower().replace(" ", "")
