"""Traffic is read, changed and written back, with all else as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from components.providers.arm import ArmError
from components.providers.failures import ProviderError
from components.providers.traffic import TrafficProvider
from tests.providers.fake_arm import ENDPOINT, Clock, FakeArm, properties, split, their_azure

Use = Callable[[FakeArm], FakeArm]


def wanted(**traffic: float) -> dict[str, object]:
    return {"endpoint_id": ENDPOINT, "traffic": traffic, "mirror_traffic": {}}


def test_only_the_split_changes(azure: Use) -> None:
    arm = azure(their_azure("blue", traffic={}))
    before = properties(arm)

    TrafficProvider().create(wanted(blue=100.0))

    after = arm.resources[ENDPOINT]
    assert split(arm) == {"blue": 100}
    assert after["identity"] == {"type": "SystemAssigned"}
    assert after["tags"] == {"flow": "chat"}
    for key in ("authMode", "description"):
        assert properties(arm)[key] == before[key]
    assert "provisioningState" not in properties(arm)


def test_user_assigned_identities_are_sent_as_azure_takes_them(azure: Use) -> None:
    arm = azure(their_azure("blue"))
    users = {"/id/of/theirs": {"clientId": "c", "principalId": "p"}}
    arm.resources[ENDPOINT]["identity"] = {"type": "UserAssigned", "userAssignedIdentities": users}

    TrafficProvider().create(wanted(blue=100))

    assert arm.resources[ENDPOINT]["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {"/id/of/theirs": {}},
    }


def test_nothing_is_written_when_it_is_so_already(azure: Use) -> None:
    arm = azure(their_azure("blue", traffic={"blue": 100, "green": 0}))

    TrafficProvider().update("id", wanted(blue=50), wanted(blue=100))

    assert arm.writes == []


def test_read_shows_what_somebody_set_by_hand(azure: Use) -> None:
    azure(their_azure("blue", "green", traffic={"blue": 60, "green": 40}))

    read = TrafficProvider().read("id", wanted(blue=100))

    assert read.inputs is not None
    assert read.inputs["traffic"] == {"blue": 60, "green": 40}
    assert TrafficProvider().diff("id", read.inputs, wanted(blue=100)).changes


def test_read_of_a_deleted_endpoint_says_gone(azure: Use) -> None:
    azure(FakeArm())

    assert TrafficProvider().read("id", wanted(blue=100)).id == ""


def test_a_deployment_just_made_may_not_be_seen_yet(azure: Use, clock: Clock) -> None:
    arm = azure(their_azure())

    def appear(seconds: float) -> None:
        clock.now += seconds
        if clock.now > 20:
            arm.resources[f"{ENDPOINT}/deployments/blue"] = {"name": "blue"}

    clock.sleep = appear  # type: ignore[method-assign]
    TrafficProvider().create(wanted(blue=100))

    assert split(arm) == {"blue": 100}


def test_a_deployment_that_never_appears_is_never_named(azure: Use) -> None:
    arm = azure(their_azure("blue"))

    with pytest.raises(ProviderError, match="there is no deployment green"):
        TrafficProvider().create(wanted(green=100))
    assert arm.writes == []


def test_an_endpoint_at_work_is_asked_again(azure: Use, clock: Clock) -> None:
    arm = azure(their_azure("blue"))
    conflict = ArmError(status=409, code="Conflict", message="busy")
    arm.refuse = lambda _method, _id: conflict if clock.now < 5 else None

    TrafficProvider().create(wanted(blue=100))

    assert split(arm) == {"blue": 100}


def test_delete_takes_traffic_off_first(azure: Use) -> None:
    arm = azure(their_azure("blue", traffic={"blue": 100}))

    TrafficProvider().delete("id", wanted(blue=100))

    assert split(arm) == {}


def test_zero_and_absent_and_float_are_no_difference() -> None:
    same = TrafficProvider().diff("id", wanted(blue=100.0, green=0), wanted(blue=100))

    assert same.changes is False
