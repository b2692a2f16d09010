"""SmokeRequest: a new deployment answers one real request before any traffic goes to it.

Sent with the header `azureml-model-deployment`, so that it reaches that deployment alone. A
deployment can be healthy and unable to answer: the flow reads its connections at the first
request, and a role that is missing (or not working yet) shows only then.
"""

import time
from collections.abc import Mapping
from typing import cast

import pulumi
from pulumi import dynamic

from components.providers.arm import ArmError, Json, arm, section
from components.providers.container_logs import container_logs
from components.providers.failures import ProviderError, explained
from components.providers.missing_role import (
    OPENAI_ACCOUNT,
    MissingRole,
    Target,
    missing_role,
    openai_denied,
    secrets_denied,
)
from components.providers.revival import is_sound, revive
from components.providers.scoring import Answer, score
from specs.roles import OPENAI_USER, grant_command

Props = dict[str, object]

START_PATIENCE = 180.0
"""Seconds to put up with a router that does not know a deployment just made."""
ROLE_PATIENCE = 1200.0
"""Seconds to wait until a role assignment that exists works everywhere."""
CRASH_PATIENCE = 10.0
"""Seconds to put up with a flow that fails by itself: a second try may find what it needs."""
JUST_STARTED = frozenset({0, 404, 424, 429, 502, 503})
BUSY = frozenset({429, 502, 503, 504})
"""A flow's own statuses that are about the moment, not about the flow."""


class SmokeRequestProvider(dynamic.ResourceProvider):
    """Inputs: endpoint_id, deployment, workspace_id, connections (names), role_scopes (ARM ids),
    request (JSON; none where nobody knows one: then it is enough that the deployment started),
    `deployed`, a hash of all that makes the deployment: another one, another request; and its
    `body`, for one whose last operation failed."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: Props, _news: Props) -> dynamic.DiffResult:
        """What was answered once need not be asked again, unless the deployment changed."""
        places = ("endpoint_id", "deployment")
        replaces = [key for key in places if _olds.get(key) != _news.get(key)]
        changed = any(_olds.get(key) != _news.get(key) for key in ("deployed", "request"))
        return dynamic.DiffResult(changes=changed or bool(replaces), replaces=replaces)

    def create(self, props: Props) -> dynamic.CreateResult:
        """Send it and wait for a good answer."""
        return dynamic.CreateResult(f"{_deployment_id(props)}/smoke", _sent(props))

    def update(self, _id: str, _olds: Props, _news: Props) -> dynamic.UpdateResult:
        """Send it again."""
        return dynamic.UpdateResult(_sent(_news))

    def read(self, id_: str, props: Props) -> dynamic.ReadResult:
        """Gone with its deployment, so that a new one of the same name is asked as well; and with
        what it was sent to, so that a change that failed is undone and not only forgotten."""
        with explained(f"cannot read deployment {props['deployment']}"):
            live = arm().get(_deployment_id(props))
        sound = live is not None and is_sound(live, _wanted(props))
        return dynamic.ReadResult(id_, props) if sound else dynamic.ReadResult("", {})


class SmokeRequest(dynamic.Resource, module="flow-endpoints", name="SmokeRequest"):
    """That a deployment answered, at its present content."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: the provider's inputs."""
        super().__init__(SmokeRequestProvider(), name, dict(props), opts)


def _deployment_id(props: Props) -> str:
    return f"{props['endpoint_id']}/deployments/{props['deployment']}"


def _scopes(props: Props) -> list[str]:
    return cast("list[str]", props.get("role_scopes") or [])


def _wanted(props: Props) -> Json:
    return cast("Json", props.get("body") or {})


def _sent(props: Props) -> Props:
    endpoint_id = str(props["endpoint_id"])
    name = endpoint_id.rsplit("/", 1)[-1]
    attempt = f"cannot send the smoke request to deployment {props['deployment']} of {name}"
    with explained(attempt):
        endpoint = arm().get(endpoint_id)
        if endpoint is None:
            gone = "its endpoint does not exist any more"
            raise ProviderError(attempt, why=gone, fix="Run `pulumi refresh`, then update again.")
        _revived(props)
        target = Target(
            endpoint={**endpoint, "id": endpoint_id, "name": name},
            deployment=str(props["deployment"]),
            workspace_id=str(props["workspace_id"]),
            connections=tuple(cast("list[str]", props.get("connections") or [])),
            openai_accounts=tuple(
                each for each in _scopes(props) if OPENAI_ACCOUNT in each.lower()
            ),
        )
        if props.get("request") is not None:
            _ask(target, cast("Json", props["request"]))
    return props


def _revived(props: Props) -> None:
    """A deployment that failed last time, tried again."""
    id_ = _deployment_id(props)
    try:
        revive(id_, wanted=_wanted(props), role_scopes=_scopes(props))
    except ArmError as error:
        raise ProviderError(
            f"deployment {props['deployment']} did not start, this time neither",
            why=f"Azure answered {error.code}: {error.message}",
            fix="Find the cause in the log, then run the update again.",
            log=container_logs(id_),
        ) from error


def _ask(target: Target, request: Json) -> None:
    """Send until there is a good answer, or one that waiting will not better."""
    began = time.monotonic()
    wait = 1.0
    while True:
        answer = score(target.endpoint, target.deployment, request=request)
        if answer.status in range(200, 300):
            return
        if missing := missing_role(target, answer):
            raise _without_role(target, answer, missing)
        patience = _patience(answer)
        if not patience or time.monotonic() - began > patience:
            raise _unanswered(target, answer, waited=time.monotonic() - began)
        time.sleep(wait)
        wait = min(wait * 1.5, 20)


def _patience(answer: Answer) -> float:
    """Seconds for which a deployment may answer this; 0: it will not better."""
    if secrets_denied(answer) or openai_denied(answer):
        return ROLE_PATIENCE
    if answer.status not in JUST_STARTED:
        return 0.0
    own = answer.model_status
    if own is None or own in BUSY:
        return START_PATIENCE
    return CRASH_PATIENCE if own >= 500 else 0.0


def _without_role(target: Target, answer: Answer, missing: MissingRole) -> ProviderError:
    identity = target.principals[0]
    command = grant_command(missing.role, principal_id=identity, scope=missing.scope)
    return ProviderError(
        f"the smoke request to {target.name} was answered {_said(answer)}",
        why=f"the endpoint's identity {identity} {missing.may_not}: it lacks the role "
        f"{missing.role.name}",
        fix=f"{_consequence(target)} Have the role assigned, then run the update again:\n"
        f"  {command}",
        log=container_logs(target.deployment_id),
    )


def _unanswered(target: Target, answer: Answer, *, waited: float) -> ProviderError:
    again = f"it did so for {waited:.0f} s: " if waited >= 1 else ""
    return ProviderError(
        f"the smoke request to {target.name} was answered {_said(answer)}",
        why=f"{again}{_why(target, answer)}",
        fix=f"{_consequence(target)} Find the cause in the log, then run the update again.",
        log=container_logs(target.deployment_id),
    )


def _consequence(target: Target) -> str:
    """What users notice of it: nothing, unless the deployment was in use and has been changed."""
    percent = section(target.endpoint, "properties", "traffic").get(target.deployment)
    if not percent:
        return "Traffic stays where it was."
    return (
        f"It was changed while it had {percent} % of the traffic, and still has: its users get "
        "this too. Undoing the change and running the update again brings back what worked."
    )


def _why(target: Target, answer: Answer) -> str:
    whose = f"identity {next(iter(target.principals), 'of the endpoint')}"
    if secrets_denied(answer):
        return f"the role of {whose} is assigned, but does not work yet"
    if openai_denied(answer):
        return (
            f"{whose} may not use the Azure OpenAI account; the flow needs {OPENAI_USER.name} "
            "there, which is not assigned or does not work yet"
        )
    if answer.model_status is not None:
        return "the flow itself failed"
    return "it is there and does not take the request"


def _said(answer: Answer) -> str:
    words = " ".join(answer.text.split())[:200]
    if not answer.status:
        return f"not at all ({words})"
    own = f" (the flow's own: {answer.model_status})" if answer.model_status else ""
    return f"{answer.status}{own} {words}".strip()
