"""Role assignments: made once, adopted where somebody was there before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pulumi.runtime import rpc

from components.providers.arm import ArmError
from components.providers.failures import ProviderError
from components.providers.role_assignment import CONTAINER, RoleAssignmentProvider
from specs.roles import SECRETS_READER, assignment_name
from tests.providers.fake_arm import IDENTITY, WORKSPACE, Clock, FakeArm

Azure = Callable[[FakeArm], FakeArm]

ROLE = SECRETS_READER.definition_id("s")
PROPS: dict[str, object] = {
    "scope": WORKSPACE,
    "roleDefinitionId": ROLE,
    "principalId": IDENTITY,
    "principalType": "ServicePrincipal",
    "role": SECRETS_READER.name,
}
OURS = (
    f"{WORKSPACE}/{CONTAINER}/"
    f"{assignment_name(SECRETS_READER, principal_id=IDENTITY, scope=WORKSPACE)}"
)
THEIRS = f"{WORKSPACE}/{CONTAINER}/an-administrator-chose-this"


def refusing(code: str, *, times: int = 100) -> FakeArm:
    """An ARM that answers a PUT with `code`, so many times."""
    left = [times]

    def refuse(method: str, _id: str) -> ArmError | None:
        if method != "PUT" or not left[0]:
            return None
        left[0] -= 1
        return ArmError(status=409, code=code, message=code)

    return FakeArm(refuse=refuse)


def test_a_role_is_assigned_with_the_kind_of_its_principal(azure: Azure) -> None:
    arm = azure(FakeArm())

    created = RoleAssignmentProvider().create(PROPS)

    assert created.id == OURS
    assert arm.resources[OURS]["properties"] == {
        "roleDefinitionId": ROLE,
        "principalId": IDENTITY,
        "principalType": "ServicePrincipal",
    }
    RoleAssignmentProvider().delete(created.id, created.outs or {})
    assert arm.resources == {}


def test_an_administrators_assignment_is_adopted_and_left_alone(azure: Azure) -> None:
    arm = azure(refusing("RoleAssignmentExists"))
    other = {"scope": WORKSPACE, "roleDefinitionId": "/x/other", "principalId": IDENTITY}
    same = {"scope": WORKSPACE.upper(), "roleDefinitionId": ROLE, "principalId": IDENTITY}
    arm.resources = {
        f"{WORKSPACE}/{CONTAINER}/other": {"id": "other", "properties": other},
        THEIRS: {"id": THEIRS, "properties": same},
    }

    created = RoleAssignmentProvider().create(PROPS)

    assert created.id == THEIRS
    assert (created.outs or {})["adopted"] is True
    RoleAssignmentProvider().delete(created.id, created.outs or {})
    assert THEIRS in arm.resources


def test_an_identity_that_entra_does_not_know_yet_is_waited_for(azure: Azure) -> None:
    azure(refusing("PrincipalNotFound", times=3))

    assert RoleAssignmentProvider().create(PROPS).id == OURS


def test_an_identity_that_never_comes_is_an_error(azure: Azure, clock: Clock) -> None:
    azure(refusing("PrincipalNotFound"))

    with pytest.raises(ProviderError, match="PrincipalNotFound"):
        RoleAssignmentProvider().create(PROPS)
    assert clock.now < 300


def test_who_may_not_assign_roles_is_given_the_line_for_somebody_who_may(azure: Azure) -> None:
    azure(refusing("AuthorizationFailed"))

    with pytest.raises(ProviderError, match="az role assignment create") as refused:
        RoleAssignmentProvider().create(PROPS)
    assert "manageRoles" in refused.value.fix


def test_one_that_was_taken_away_is_assigned_again(azure: Azure) -> None:
    azure(FakeArm())

    assert RoleAssignmentProvider().read(OURS, PROPS).id == ""


def test_another_identity_is_another_assignment_and_an_unknown_one_is_none(azure: Azure) -> None:
    diff = RoleAssignmentProvider().diff

    assert diff(OURS, PROPS, {**PROPS, "principalId": "another"}).replaces == ["principalId"]
    assert not diff(OURS, PROPS, {**PROPS, "principalId": rpc.UNKNOWN}).changes
