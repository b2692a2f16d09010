"""Revival: a deployment whose last operation failed is tried again, with the body that it has.

azure-native would do so at the next update, were it not for the refresh before every update: a
refresh reads a failed deployment as well as a sound one and forgets that it failed.
"""

import time
from collections.abc import Sequence

from components.providers.arm import ArmError, Json, arm, section, text
from components.providers.role_age import youngest_role

ROLE_PATIENCE = 1800.0
"""Seconds after its assignment in which a role that does not work is one that does not work yet."""
NO_ROLE = "authorization error"
"""What Azure says when the identity may not pull the image or load the model."""
READ_ONLY = frozenset({"provisioningState"})


def revive(deployment_id: str, *, role_scopes: Sequence[str]) -> None:
    """Put a failed deployment again until it works. Raises `ArmError` where it does not.

    `role_scopes`: ARM ids of what the endpoint's identity was given roles on; young ones may
    not work yet.
    """
    live = arm().get(deployment_id)
    if live is None or text(live, "properties", "provisioningState") != "Failed":
        return
    wait = 2.0
    while (refused := _refusal(deployment_id, live)) is not None:
        if not waits_for_role(deployment_id, refused.message, role_scopes):
            raise refused
        time.sleep(wait)
        wait = min(wait * 2, 60)


def _refusal(deployment_id: str, live: Json) -> ArmError | None:
    """Put it as it is; what went wrong, if anything did."""
    try:
        arm().put(deployment_id, _body(live))
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
