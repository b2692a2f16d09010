"""A deployment that fails: tried again where that can help, else explained."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest

from components import deployment_failure
from components.deployment_failure import FailureArgs, on_failure
from components.providers import container_logs, revival, traffic
from tests.components.declared import Program, run

INPUTS = {
    "resourceGroupName": "rg",
    "workspaceName": "mlw",
    "endpointName": "chat",
    "deploymentName": "blue",
}
ENDPOINT = (
    "/subscriptions/s/resourceGroups/rg/providers"
    "/Microsoft.MachineLearningServices/workspaces/mlw/onlineEndpoints/chat"
)
BLUE = f"{ENDPOINT}/deployments/blue"
NO_ROLE = "Startup task failed due to authorization error: no AcrPull"
TRAFFIC = "Deployment blue has 100 percent of the endpoint's traffic and cannot be deleted."


def failed(operation: str, *errors: str) -> pulumi.ErrorHookArgs:
    return pulumi.ErrorHookArgs(
        urn="urn",
        id="id",
        name="chat-blue",
        type="azure-native:machinelearningservices:OnlineDeployment",
        new_inputs=INPUTS if operation != "delete" else None,
        old_inputs=INPUTS,
        old_outputs=None,
        failed_operation=operation,
        errors=list(errors),
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the hook did to Azure; nothing is reached."""
    done: list[str] = []

    def removed(arm_id: str) -> None:
        done.append(f"removed {arm_id}")

    def taken_off(arm_id: str) -> None:
        done.append(f"no traffic on {arm_id}")

    async def pause(_seconds: float) -> None:
        done.append("waited")

    def logs(_arm_id: str) -> str:
        return "what it said"

    monkeypatch.setattr(deployment_failure, "_removed", removed)
    monkeypatch.setattr(deployment_failure, "_pause", pause)
    monkeypatch.setattr(traffic, "take_off", taken_off)
    monkeypatch.setattr(container_logs, "container_logs", logs)
    monkeypatch.setattr(pulumi, "Config", Theirs)
    return done


class Theirs:
    """The config."""

    def __init__(self, _namespace: str) -> None: ...

    def require(self, _key: str) -> str:
        return "s"


def tried_again(
    error: pulumi.ErrorHookArgs, *, endpoint_goes: bool = False
) -> tuple[bool, Program]:
    answers: list[bool] = []
    args = FailureArgs(role_scopes=["/registry"], endpoint_goes=endpoint_goes)

    def program() -> dict[str, object]:
        component = pulumi.ComponentResource("their:test:Component", "blue")

        async def hook() -> None:
            answers.append(await on_failure(component, args, error))

        return {"done": hook()}

    ran = run(program)
    return answers[0], ran


def roles_are(*, young: bool) -> Callable[[str, str, list[str]], bool]:
    def waits(_id: str, reason: str, _scopes: list[str]) -> bool:
        return young and reason == NO_ROLE

    return waits


def test_a_create_that_a_young_role_failed_is_tried_anew(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revival, "waits_for_role", roles_are(young=True))

    again, _ = tried_again(failed("create", NO_ROLE))

    assert again
    assert asked == ["waited", f"removed {BLUE}"]


def test_a_live_deployment_is_never_removed_for_it(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revival, "waits_for_role", roles_are(young=True))

    assert tried_again(failed("update", NO_ROLE))[0]
    assert asked == ["waited"]


def test_who_interrupts_an_update_is_shown_no_logs(asked: list[str]) -> None:
    said = "1 error occurred:\n\t* the operation was cancelled; what ARM had accepted goes on"

    again, program = tried_again(failed("create", said))

    assert not again
    assert not asked
    assert not [line for line in program.said if "did not start" in line]


def test_anything_else_is_explained_with_the_logs(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revival, "waits_for_role", roles_are(young=False))

    again, program = tried_again(failed("create", "OutOfQuota: 24 cores"))

    assert not again
    assert asked == []
    (said,) = [line for line in program.said if "did not start" in line]
    assert "Ask for quota" in said
    assert "what it said" in said


def test_traffic_is_taken_off_only_where_the_endpoint_goes_as_well(asked: list[str]) -> None:
    assert not tried_again(failed("delete", TRAFFIC))[0]
    assert asked == []

    assert tried_again(failed("delete", TRAFFIC), endpoint_goes=True)[0]
    assert asked == [f"no traffic on {ENDPOINT}"]
    assert not tried_again(failed("delete", TRAFFIC, TRAFFIC), endpoint_goes=True)[0]
