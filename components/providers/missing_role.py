"""Which role explains that a deployment did not answer, as far as ARM's assignments tell."""

from dataclasses import dataclass

from components.providers.arm import Json
from components.providers.permissions import ASK_OPENAI, LIST_SECRETS, Permission, allowed
from components.providers.role_age import identities_of
from components.providers.scoring import Answer
from specs.roles import OPENAI_USER, SECRETS_READER, Role

OPENAI_ACCOUNT = "/microsoft.cognitiveservices/accounts/"
"""What is in the ARM id of an Azure OpenAI account, in lower case."""


@dataclass(frozen=True)
class Target:
    """Whom a request is for, and what its flow needs."""

    endpoint: Json
    deployment: str
    workspace_id: str
    connections: tuple[str, ...]
    openai_accounts: tuple[str, ...]
    """ARM ids of those that the flow reaches as the endpoint's identity."""

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

    def lacks(self, permission: Permission, scope: str) -> bool:
        """Whether ARM says that no identity has it."""
        answers = [allowed(each, permission, scope) for each in self.principals]
        return bool(answers) and all(answer is False for answer in answers)


@dataclass(frozen=True)
class MissingRole:
    """A role that nobody has assigned."""

    role: Role
    scope: str
    """ARM id."""
    may_not: str
    """What the identity may not do without it."""


def secrets_denied(answer: Answer) -> bool:
    """What the runtime says, with status 400, when its identity may not read a connection."""
    return "access denied to list workspace secret" in answer.text.lower()


def openai_denied(answer: Answer) -> bool:
    """What Azure OpenAI says, with status 401, when the identity has no role on the account."""
    return "lacks the required data action" in answer.text.lower()


def missing_role(target: Target, answer: Answer) -> MissingRole | None:
    """The role that explains the answer; none where all are there, or that cannot be told."""
    # 502 is how a managed endpoint shows a flow that died of a missing role.
    died = answer.status in {424, 502} and answer.model_status in {None, 502}
    secrets = secrets_denied(answer) or died
    if secrets and target.connections and target.lacks(LIST_SECRETS, target.workspace_id):
        names = " and ".join(target.connections)
        plural = "s" if len(target.connections) > 1 else ""
        where = target.workspace_id.rsplit("/", 1)[-1]
        what = f"may not read connection{plural} {names} of workspace {where}"
        return MissingRole(SECRETS_READER, target.workspace_id, what)
    if openai_denied(answer):
        for account in target.openai_accounts:
            if target.lacks(ASK_OPENAI, account):
                what = f"may not use the Azure OpenAI account {account.rsplit('/', 1)[-1]}"
                return MissingRole(OPENAI_USER, account, what)
    return None
