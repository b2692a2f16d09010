"""How long ago an endpoint's identity got its latest role: young ones may not work yet."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import cast

from components.providers.arm import AUTHORIZATION_API, ArmError, Json, arm, section, text


def youngest_role(endpoint_id: str, scopes: Sequence[str]) -> "float | None":
    """Seconds since the endpoint's identity got its latest role; None where a scope has none, or
    none that can be seen: what is not there will not begin to work."""
    principals = identities_of(arm().get(endpoint_id) or {})
    made = [[when for one in principals for when in _made(one, scope)] for scope in scopes]
    if not made or not all(made):
        return None
    latest = max(when for each in made for when in each)
    return (datetime.now(timezone.utc) - latest).total_seconds()


def identities_of(endpoint: Json) -> list[str]:
    """Object ids of an endpoint's identities."""
    identity = section(endpoint, "identity")
    users = cast("dict[str, Json]", section(identity, "userAssignedIdentities"))
    found = [text(identity, "principalId"), *(text(user, "principalId") for user in users.values())]
    return [principal for principal in found if principal]


def _made(principal_id: str, scope: str) -> Iterator[datetime]:
    """When the identity got each role at that very scope."""
    try:
        assignments = list(
            arm().list(
                f"{scope}/providers/Microsoft.Authorization/roleAssignments",
                api=AUTHORIZATION_API,
                query=f"$filter=principalId+eq+'{principal_id}'",
            )
        )
    except ArmError:
        return
    for one in assignments:
        when = text(one, "properties", "createdOn")
        if when and text(one, "properties", "scope").lower() == scope.lower():
            yield _moment(when)


def _moment(when: str) -> datetime:
    # Python 3.10 reads neither the Z nor seven digits of a second.
    return datetime.strptime(when[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
