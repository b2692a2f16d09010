"""Revival: failed deployments are put again, and young roles are waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from components.providers.arm import ArmError, Json
from components.providers.revival import NO_ROLE, revive
from tests.providers.fake_arm import ENDPOINT, IDENTITY, WORKSPACE, Clock, FakeArm, an_endpoint

Azure = Callable[[FakeArm], FakeArm]

BLUE = f"{ENDPOINT}/deployments/blue"


def a_deployment(state: str) -> Json:
    properties = {"provisioningState": state, "instanceType": "Standard_DS3_v2"}
    return {"location": "westeurope", "sku": {"capacity": 1}, "properties": properties}


def a_role(*, age: timedelta) -> Json:
    made = (datetime.now(timezone.utc) - age).strftime("%Y-%m-%dT%H:%M:%S.1234567Z")
    return {"properties": {"scope": WORKSPACE, "principalId": IDENTITY, "createdOn": made}}


def their_azure(role: Json | None, *, refusals: int) -> FakeArm:
    """A deployment that failed, and refuses to start so many times."""
    left = [refusals]

    def refuse(method: str, _id: str) -> ArmError | None:
        left[0] -= 1
        message = f"Startup task failed due to {NO_ROLE}: no AcrPull"
        failed = ArmError(status=200, code="BadArgument", message=message)
        return failed if method == "PUT" and left[0] >= 0 else None

    roles = f"{WORKSPACE}/providers/Microsoft.Authorization/roleAssignments"
    resources = {ENDPOINT: an_endpoint(), BLUE: a_deployment("Failed")}
    return FakeArm(resources | ({f"{roles}/one": role} if role else {}), refuse=refuse)


def test_a_sound_deployment_is_left_alone(azure: Azure) -> None:
    arm = azure(FakeArm({BLUE: a_deployment("Succeeded")}))

    revive(BLUE, wanted={}, role_scopes=[])

    assert arm.writes == []


def test_a_failed_one_is_put_as_it_is(azure: Azure) -> None:
    arm = azure(FakeArm({BLUE: a_deployment("Failed")}))

    revive(BLUE, wanted={}, role_scopes=[])

    assert arm.writes == [("PUT", BLUE)]
    assert arm.resources[BLUE]["properties"] == {"instanceType": "Standard_DS3_v2"}


@pytest.mark.parametrize("state", ["Failed", "Succeeded"], ids=["it failed", "it was interrupted"])
def test_what_is_wanted_is_put_over_a_change_that_was_undone(azure: Azure, state: str) -> None:
    good, bad = (f"{WORKSPACE}/models/flow/versions/{version}" for version in "12")
    arm = azure(FakeArm({BLUE: {"properties": {"model": bad, "provisioningState": state}}}))
    wanted: Json = {"location": "westeurope", "properties": {"model": good}}

    revive(BLUE, wanted=wanted, role_scopes=[])

    assert arm.resources[BLUE]["properties"] == wanted["properties"]
    revive(BLUE, wanted=wanted, role_scopes=[])
    assert len(arm.writes) == 1


def test_a_young_role_is_waited_for(azure: Azure, clock: Clock) -> None:
    arm = azure(their_azure(a_role(age=timedelta(minutes=1)), refusals=3))

    revive(BLUE, wanted={}, role_scopes=[WORKSPACE])

    assert arm.writes == [("PUT", BLUE)]
    assert clock.now == 2 + 4 + 8


def test_what_an_interrupted_update_left_going_on_is_waited_for(azure: Azure, clock: Clock) -> None:
    left = [2]

    def busy(_method: str, _id: str) -> ArmError | None:
        left[0] -= 1
        conflict = ArmError(status=409, code="Conflict", message="There is an active operation.")
        return conflict if left[0] >= 0 else None

    arm = azure(FakeArm({BLUE: a_deployment("Failed")}, refuse=busy))

    revive(BLUE, wanted={}, role_scopes=[])

    assert arm.writes == [("PUT", BLUE)]
    assert clock.now == 2 + 4


@pytest.mark.parametrize("role", [None, a_role(age=timedelta(hours=2))], ids=["none", "old"])
def test_a_role_that_is_not_there_or_old_is_no_reason_to_wait(
    azure: Azure, clock: Clock, role: Json | None
) -> None:
    azure(their_azure(role, refusals=100))

    with pytest.raises(ArmError, match=NO_ROLE):
        revive(BLUE, wanted={}, role_scopes=[WORKSPACE])
    assert clock.now == 0
