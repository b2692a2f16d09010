"""Revival: a deployment whose last operation failed, or was interrupted, is put again.

azure-native would do so at the next update, were it not for the refresh before every update: a
refresh reads a failed deployment as well as a sound one and forgets that it failed. Of an update
that failed the engine keeps the inputs from before it: a change that is undone after it failed is
no change to azure-native, and what failed would stay.
"""

import time
from collections.abc import Sequence

from components.providers.arm import ArmError, Json, arm, section, text
from components.providers.role_age import youngest_role

ROLE_PATIENCE = 1800.0
"""Seconds after its assignment in which a role that does not work is one that does not work yet."""
NO_ROLE = "authorization error"
"""What Azure says when the identity may not pull the image or load the model."""
CONFLICT = 409
"""An operation of an update that was interrupted goes on in Azure."""
BUSY_PATIENCE = 1800.0
"""Seconds until it has come to its end."""
READ_ONLY = frozenset({"provisioningState"})


def revive(deployment_id: str, *, wanted: Json, role_scopes: Sequence[str]) -> None:
    """Put an unsound deployment again until it works. Raises `ArmError` where it does not.

    `wanted`: its body; empty: what it has. `role_scopes`: ARM ids of what the endpoint's identity
    was given roles on; young ones may not work yet.
    """
    live = arm().get(deployment_id)
    if live is None or is_sound(live, wanted):
        return
    body = wanted or _body(live)
    began, wait = time.monotonic(), 2.0
    while (refused := _refusal(deployment_id, body)) is not None:
        busy = refused.status == CONFLICT and time.monotonic() - began < BUSY_PATIENCE
        if not busy and not waits_for_role(deployment_id, refused.message, role_scopes):
            raise refused
        time.sleep(wait)
        wait = min(wait * 2, 60)


def is_sound(live: Json, wanted: Json) -> bool:
    """Whether its last operation went well, and was about the content that is wanted."""
    if text(live, "properties", "provisioningState") == "Failed":
        return False
    pairs = [
        (text(live, "properties", key).lower(), text(wanted, "properties", key).lower())
        for key in ("model", "environmentId")
    ]
    # A registry's reference may come back in another form; the workspace's own ids do not.
    return all(has == asks for has, asks in pairs if has.startswith("/") and asks.startswith("/"))


def _refusal(deployment_id: str, body: Json) -> ArmError | None:
    """Put it; what went wrong, if anything did."""
    try:
        arm().put(deployment_id, body)
    except ArmError as error:
        return error
    return None


def waits_for_role(deployment_id: str, reason: str, role_scopes: Sequence[str]) -> bool:
    """Whether a deployment failed of a role that is there, and too young to work everywhere."""
    if NO_ROLE not in reason.lower():
        return False
    age = youngest_role(deployment_id.partition("/deployments/")[0], role_scopes)
    return age is not None and age < ROLE_PATIENCE


def _body(live: Json) -> Json:
    properties = section(live, "properties")
    return {
        **{key: live[key] for key in ("location", "tags", "sku", "kind") if live.get(key)},
        "properties": {key: value for key, value in properties.items() if key not in READ_ONLY},
    }
