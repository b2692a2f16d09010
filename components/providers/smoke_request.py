"""SmokeRequest: a new deployment answers one real request before any traffic goes to it.

Sent with the header `azureml-model-deployment`, so that it reaches that deployment alone. A
deployment can be healthy and unable to answer: the flow reads its connections at the first
request, and a role that is missing (or not working yet) shows only then.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pulumi
from pulumi import dynamic

from components.providers.arm import ArmError, Json, arm
from components.providers.container_logs import container_logs
from components.providers.failures import ProviderError, explained
from components.providers.revival import revive
from components.providers.role_age import identities_of
from components.providers.scoring import Answer, score
from components.providers.secrets_access import may_list_secrets
from specs.roles import OPENAI_USER, SECRETS_READER, grant_command

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
DENIED = "access denied to list workspace secret"
"""What the runtime says, with status 400, when its identity may not read a connection."""
OPENAI_DENIED = "lacks the required data action"
"""What Azure OpenAI says, with status 401, when the identity has no role on the account."""


@dataclass(frozen=True)
class Target:
    """Whom the request is for, as a message names it."""

    endpoint: Json
    deployment: str
    workspace_id: str
    connections: tuple[str, ...]

    @property
    def name(self) -> str:
        """`deployment blue of endpoint basic-chat`."""
        return f"deployment {self.deployment} of endpoint {self.endpoint.get('name')}"

    @property
    def deployment_id(self) -> str:
        """ARM id."""
        return f"{self.endpoint['id']}/deployments/{self.deployment}"

    @property
    def principals(self) -> list[str]:
        """Object ids of the endpoint's identities."""
        return identities_of(self.endpoint)

    def lacks_role(self) -> bool:
        """Whether ARM says that no identity may read the connections that the flow uses."""
        if not self.connections or not self.principals:
            return False
        answers = [may_list_secrets(each, self.workspace_id) for each in self.principals]
        return all(answer is False for answer in answers)


class SmokeRequestProvider(dynamic.ResourceProvider):
    """Inputs: endpoint_id, deployment, workspace_id, connections (names), role_scopes (ARM ids),
    request (JSON; none where nobody knows one: then it is enough that the deployment started),
    and `deployed`, a hash of all that makes the deployment: another one, another request."""

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
        """Gone with its deployment, so that a new one of the same name is asked as well."""
        with explained(f"cannot read deployment {props['deployment']}"):
            there = arm().get(_deployment_id(props)) is not None
        return dynamic.ReadResult(id_, props) if there else dynamic.ReadResult("", {})


class SmokeRequest(dynamic.Resource, module="flow-endpoints", name="SmokeRequest"):
    """That a deployment answered, at its present content."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: the provider's inputs."""
        super().__init__(SmokeRequestProvider(), name, dict(props), opts)


def _deployment_id(props: Props) -> str:
    return f"{props['endpoint_id']}/deployments/{props['deployment']}"


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
        )
        if props.get("request") is not None:
            _ask(target, cast("Json", props["request"]))
    return props


def _revived(props: Props) -> None:
    """A deployment that failed last time, tried again."""
    id_ = _deployment_id(props)
    try:
        revive(id_, role_scopes=cast("list[str]", props.get("role_scopes") or []))
    except ArmError as error:
        raise ProviderError(
            f"deployment {props['deployment']} did not start, this time neither",
            why=f"Azure answered {error.code}: {error.message}",
            fix=f"Find the cause in the log, then run the update again.\n{container_logs(id_)}",
        ) from error


def _ask(target: Target, request: Json) -> None:
    """Send until there is a good answer, or one that waiting will not better."""
    began = time.monotonic()
    wait = 1.0
    while True:
        answer = score(target.endpoint, target.deployment, request=request)
        if answer.status in range(200, 300):
            return
        # 502 is how a managed endpoint shows a flow that died of a missing role.
        denied = DENIED in answer.text.lower()
        if (denied or answer.status in {424, 502}) and target.lacks_role():
            raise _missing_role(target, answer)
        patience = _patience(answer)
        if not patience or time.monotonic() - began > patience:
            raise _unanswered(target, answer, waited=time.monotonic() - began)
        time.sleep(wait)
        wait = min(wait * 1.5, 20)


def _patience(answer: Answer) -> float:
    """Seconds for which a deployment may answer this; 0: it will not better."""
    said = answer.text.lower()
    if DENIED in said or OPENAI_DENIED in said:
        return ROLE_PATIENCE
    if answer.status not in JUST_STARTED:
        return 0.0
    own = answer.model_status
    if own is None or own in BUSY:
        return START_PATIENCE
    return CRASH_PATIENCE if own >= 500 else 0.0


def _missing_role(target: Target, answer: Answer) -> ProviderError:
    names = " and ".join(target.connections)
    plural = "s" if len(target.connections) > 1 else ""
    commands = (
        grant_command(SECRETS_READER, principal_id=each, scope=target.workspace_id)
        for each in target.principals[:1]
    )
    return ProviderError(
        f"the smoke request to {target.name} was answered {_said(answer)}",
        why=f"the endpoint's identity {target.principals[0]} may not read connection{plural} "
        f"{names} of workspace {target.workspace_id.rsplit('/', 1)[-1]}: it lacks the role "
        f"{SECRETS_READER.name}",
        fix="\n".join(
            [
                "Have the role assigned, then run the update again; traffic stays where it was.",
                *(f"  {command}" for command in commands),
                container_logs(target.deployment_id),
            ]
        ),
    )


def _unanswered(target: Target, answer: Answer, *, waited: float) -> ProviderError:
    again = f"it did so for {waited:.0f} s: " if waited >= 1 else ""
    return ProviderError(
        f"the smoke request to {target.name} was answered {_said(answer)}",
        why=f"{again}{_why(target, answer)}",
        fix="\n".join(
            [
                "Traffic stays where it was. Find the cause in the log, then run the update again.",
                container_logs(target.deployment_id),
            ]
        ),
    )


def _why(target: Target, answer: Answer) -> str:
    said = answer.text.lower()
    whose = f"identity {next(iter(target.principals), 'of the endpoint')}"
    if DENIED in said:
        return f"the role of {whose} is assigned, but does not work yet"
    if OPENAI_DENIED in said:
        return (
            f"{whose} has no role on the Azure OpenAI account, or it does not work yet; the flow "
            f"needs {OPENAI_USER.name} there"
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
