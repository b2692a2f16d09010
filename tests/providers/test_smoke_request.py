"""The smoke request: how long it waits, when it gives up at once, and what it says then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pytest

from components.providers import smoke_request
from components.providers.arm import Json
from components.providers.failures import ProviderError
from components.providers.scoring import Answer
from components.providers.smoke_request import SmokeRequestProvider
from specs.roles import OPENAI_USER
from tests.providers.fake_arm import (
    ENDPOINT,
    IDENTITY,
    WORKSPACE,
    Clock,
    FakeArm,
    their_azure,
)

Use = Callable[[FakeArm], FakeArm]
Answers = Callable[[Iterable[Answer]], list[str]]
READER = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/reader"
ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/oai"
OPENAI_DENIED = Answer(424, "The principal lacks the required data action `x`.", model_status=400)
DENIED = Answer(400, "Access denied to list workspace secret due to invalid authentication.")


def a_request(**changes: object) -> dict[str, object]:
    return {
        "workspace_id": WORKSPACE,
        "endpoint_id": ENDPOINT,
        "deployment": "blue",
        "connections": ["open_ai_connection"],
        "request": {"question": "Why?"},
        "deployed": "abc",
        **changes,
    }


def assign(arm: FakeArm, assignment: str, *, scope: str) -> None:
    arm.resources[assignment] = {"properties": {"scope": scope, "roleDefinitionId": READER}}


def with_role(arm: FakeArm, *, action: str) -> FakeArm:
    assignments = f"{WORKSPACE}/providers/Microsoft.Authorization/roleAssignments"
    assign(arm, f"{assignments}/one", scope="/subscriptions/s")
    arm.resources[READER] = {"properties": {"permissions": [{"actions": [action]}]}}
    return arm


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Lets the endpoint give these answers, the last one for ever. Returns who was asked."""

    def give(script: Iterable[Answer]) -> list[str]:
        left, asked = list(script), list[str]()

        def score(_endpoint: Json, deployment: str, *, request: Mapping[str, object]) -> Answer:
            asked.append(deployment)
            return left.pop(0) if len(left) > 1 else left[0]

        monkeypatch.setattr(smoke_request, "score", score)
        return asked

    return give


def test_one_good_answer_is_enough(azure: Use, answers: Answers) -> None:
    azure(their_azure("blue"))
    asked = answers([Answer(200, "fine")])

    created = SmokeRequestProvider().create(a_request())

    assert asked == ["blue"]
    assert created.outs == a_request()


def test_a_router_that_does_not_know_it_yet_is_asked_again(azure: Use, answers: Answers) -> None:
    azure(their_azure("blue"))
    asked = answers([Answer(404, ""), Answer(503, ""), Answer(502, ""), Answer(200, "fine")])

    SmokeRequestProvider().create(a_request(connections=[]))

    assert len(asked) == 4


def test_a_role_that_is_assigned_may_take_a_quarter_of_an_hour(
    azure: Use, answers: Answers, clock: Clock
) -> None:
    azure(with_role(their_azure("blue"), action="Microsoft.MachineLearningServices/workspaces/*"))
    answers([*[DENIED] * 50, Answer(200, "fine")])

    SmokeRequestProvider().create(a_request())

    assert 600 < clock.now < 1200


def test_a_role_that_never_works_is_given_up(azure: Use, answers: Answers, clock: Clock) -> None:
    azure(with_role(their_azure("blue"), action="*"))
    answers([DENIED])

    with pytest.raises(ProviderError, match="is assigned, but does not work yet"):
        SmokeRequestProvider().create(a_request())
    assert 1200 < clock.now < 1300


@pytest.mark.parametrize("answer", [DENIED, Answer(502, "Bad Gateway"), Answer(424, "")])
def test_a_role_that_nobody_assigned_is_told_at_once(
    azure: Use, answers: Answers, clock: Clock, answer: Answer
) -> None:
    azure(with_role(their_azure("blue"), action="Microsoft.Storage/*"))
    answers([answer])

    with pytest.raises(ProviderError) as failed:
        SmokeRequestProvider().create(a_request())

    told = str(failed.value)
    assert clock.now == 0
    assert "open_ai_connection" in told
    assert "Azure Machine Learning Workspace Connection Secrets Reader" in told
    assert f"az role assignment create --assignee-object-id {IDENTITY}" in told
    assert f"--scope {WORKSPACE}" in told
    assert "line one of InferenceServer" in told
    assert "line one of StorageInitializer" in told
    assert "Traffic stays where it was" in told


def test_a_flow_that_fails_is_told_at_once_with_its_log(
    azure: Use, answers: Answers, clock: Clock
) -> None:
    azure(their_azure("blue"))
    answers([Answer(400, "Input question is missing")])

    with pytest.raises(ProviderError, match="400 Input question is missing") as failed:
        SmokeRequestProvider().create(a_request())

    assert clock.now == 0
    assert "the last line" in str(failed.value)


def test_a_change_that_fails_in_use_is_told_as_what_users_meet(
    azure: Use, answers: Answers
) -> None:
    azure(their_azure("blue", "green", traffic={"blue": 90, "green": 10}))
    answers([Answer(400, "no such tool")])

    with pytest.raises(ProviderError, match="90 % of the traffic, and still has") as failed:
        SmokeRequestProvider().update("id", {}, a_request())

    assert "stays where it was" not in str(failed.value)


@pytest.mark.parametrize(
    ("own", "shortest", "longest"),
    [
        pytest.param(400, 0, 0, id="its inputs do not fit"),
        pytest.param(500, 10, 25, id="it crashes"),
        pytest.param(429, 180, 220, id="its model is busy"),
    ],
)
def test_what_the_flow_itself_answers_decides_how_long_to_wait(
    azure: Use, answers: Answers, clock: Clock, *, own: int, shortest: int, longest: int
) -> None:
    azure(their_azure("blue"))
    answers([Answer(424, "KeyError: 'HOST'", model_status=own)])

    with pytest.raises(ProviderError) as failed:
        SmokeRequestProvider().create(a_request(connections=[]))

    assert shortest <= clock.now <= longest
    assert f"was answered 424 (the flow's own: {own}) KeyError: 'HOST'" in str(failed.value)
    assert "the flow itself failed" in str(failed.value)


def test_a_role_on_the_openai_account_may_take_as_long(
    azure: Use, answers: Answers, clock: Clock
) -> None:
    arm = azure(their_azure("blue"))
    assign(arm, f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/one", scope=ACCOUNT)
    arm.resources[READER] = {"properties": {"permissions": [{"dataActions": ["*"]}]}}
    answers([OPENAI_DENIED])

    with pytest.raises(ProviderError, match="not assigned or does not work yet"):
        SmokeRequestProvider().create(a_request(role_scopes=[ACCOUNT]))
    assert 1200 < clock.now < 1300


def test_a_role_on_the_openai_account_that_nobody_assigned_is_told_at_once(
    azure: Use, answers: Answers, clock: Clock
) -> None:
    azure(with_role(their_azure("blue"), action="*"))
    answers([OPENAI_DENIED])

    with pytest.raises(ProviderError) as failed:
        SmokeRequestProvider().create(a_request(role_scopes=[WORKSPACE, ACCOUNT]))

    assert clock.now == 0
    assert "may not use the Azure OpenAI account oai: it lacks the role" in str(failed.value)
    assert f"--role {OPENAI_USER.definition} --scope {ACCOUNT}" in str(failed.value)


def test_a_deployment_that_stays_unavailable_is_given_up(
    azure: Use, answers: Answers, clock: Clock
) -> None:
    azure(their_azure("blue"))
    answers([Answer(503, "")])

    with pytest.raises(ProviderError, match="503"):
        SmokeRequestProvider().create(a_request(connections=[]))
    assert 180 < clock.now < 220


def test_it_is_sent_again_only_when_the_deployment_changed() -> None:
    provider = SmokeRequestProvider()

    assert not provider.diff("id", a_request(), a_request(connections=["other"])).changes
    assert provider.diff("id", a_request(), a_request(deployed="def")).changes


def test_it_is_gone_with_its_deployment(azure: Use) -> None:
    azure(their_azure())

    assert SmokeRequestProvider().read("id", a_request()).id == ""


def test_it_is_gone_with_what_it_was_sent_to(azure: Use) -> None:
    arm = azure(their_azure("blue"))
    model = f"{WORKSPACE}/models/flow/versions/1"
    deployed = a_request(body={"properties": {"model": model}})
    blue = f"{ENDPOINT}/deployments/blue"

    arm.resources[blue] = {"properties": {"model": model, "provisioningState": "Succeeded"}}
    assert SmokeRequestProvider().read("id", deployed).id == "id"
    arm.resources[blue] = {"properties": {"model": model, "provisioningState": "Failed"}}
    assert SmokeRequestProvider().read("id", deployed).id == ""
    arm.resources[blue] = {"properties": {"model": f"{model}2", "provisioningState": "Succeeded"}}
    assert SmokeRequestProvider().read("id", deployed).id == ""
