"""Identity and authentication of endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT, ENDPOINT, SERVICE
from specs.rules.subjects import DeploymentCase, EndpointCase, ServiceCase

_ENDPOINT = "the article, Define the endpoint"
_IDENTITY = "the article, Use user-assigned identity"
_AUTH = "Authenticate clients for online endpoints"

FLAG = "enforce_access_to_default_secret_stores"
CLIENT_ID = "AZURE_CLIENT_ID"


@ENDPOINT.rule("secret-stores-user-assigned", "error", source=_ENDPOINT)
def flag_is_for_system_assigned(case: EndpointCase) -> Iterator[Problem]:
    """enforce_access_to_default_secret_stores works with a system-assigned identity only."""
    value = (case.part.text("properties", FLAG) or "").lower()
    if case.user_assigned and value == "enabled":
        yield Problem(
            f"{FLAG} is enabled, but the identity is user-assigned; the service refuses that",
            "Remove the property: the roles of a user-assigned identity are granted by the stack.",
            case.part.place("properties", FLAG),
        )


@ENDPOINT.rule("secret-stores-value", "warning", source=_ENDPOINT)
def flag_is_on_or_off(case: EndpointCase) -> Iterator[Problem]:
    """enforce_access_to_default_secret_stores is `enabled` or `disabled`."""
    value = case.part.get("properties", FLAG)
    if value is None or str(value).lower() in ("enabled", "disabled"):
        return
    yield Problem(
        f"{FLAG} is neither enabled nor disabled; the identity would get no role by it",
        f"Write  {FLAG}: enabled",
        case.part.place("properties", FLAG),
    )


@ENDPOINT.rule("aad-token-kubernetes", "error", source=_AUTH)
def aad_token_is_managed(case: EndpointCase) -> Iterator[Problem]:
    """auth_mode `aad_token` is for managed endpoints only."""
    mode = (case.part.text("auth_mode") or "").lower().replace("_", "")
    if case.kubernetes and mode == "aadtoken":
        yield Problem(
            "auth_mode is aad_token, which a Kubernetes endpoint does not have",
            "Use key or aml_token.",
            case.part.place("auth_mode"),
        )


@DEPLOYMENT.rule("client-id-system-assigned", "warning", source=_IDENTITY)
def client_id_without_identity(case: DeploymentCase) -> Iterator[Problem]:
    """AZURE_CLIENT_ID goes with a user-assigned identity."""
    endpoint = case.endpoint
    if endpoint is not None and not endpoint.user_assigned and CLIENT_ID in case.variables:
        yield Problem(
            f"{CLIENT_ID} names a user-assigned identity, but {endpoint.called} has a "
            "system-assigned one; the flow would find no identity of that id",
            f"Remove {CLIENT_ID}, or give the endpoint that identity.",
            case.variable_place(CLIENT_ID),
        )


@SERVICE.rule("compute-differs", "error", source=_ENDPOINT)
def one_kind_of_compute(case: ServiceCase) -> Iterator[Problem]:
    """Kubernetes deployments belong to Kubernetes endpoints, managed ones to managed."""
    for deployment in case.deployments:
        if deployment.kubernetes == case.endpoint.kubernetes:
            continue
        if deployment.kubernetes:
            message = f"a Kubernetes deployment, but {case.endpoint.called} names no `compute`"
            fix = "Add  compute: azureml:<cluster>  to the endpoint, or remove `type: kubernetes`."
        else:
            message = f"a managed deployment, but {case.endpoint.called} is on Kubernetes"
            fix = "Add  type: kubernetes  to the deployment."
        yield Problem(message, fix, deployment.part.place("type"), deployment.called)
