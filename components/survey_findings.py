"""Findings of the survey: what is wrong in Azure, said as the rule book says it."""

from collections.abc import Sequence

from specs.findings import Finding
from specs.references import Reference
from specs.tree import Place
from specs.workspace import Workspace


def azure_unread(place: Workspace, *, why: str) -> Finding:
    """A preview goes on without."""
    return Finding(
        id="azure-unread",
        severity="warning",
        subject=f"workspace {place.name}",
        message=f"Azure could not be read: {why}",
        fix="Quota, Application Insights, connections and what runs already were not checked.",
    )


def no_workspace(place: Workspace) -> Finding:
    """Everything below it would fail, one by one."""
    return Finding(
        id="workspace-missing",
        severity="error",
        subject=f"workspace {place.name}",
        message=f"there is no workspace {place.name} in resource group {place.resource_group} "
        f"of subscription {place.subscription_id}",
        fix="Correct flow-endpoints:workspace or :resourceGroup, or create it first; this program "
        "deploys into a workspace that exists.",
    )


def no_connection(place: Workspace, name: str) -> Finding:
    """The flow asks for all its connections when it starts, and does not start without one."""
    return Finding(
        id="connection-missing",
        severity="error",
        subject=f"connection {name}",
        message=f"the flow uses connection {name}, which workspace {place.name} does not have",
        fix="Create it, list its YAML in flow-endpoints:connections, or name another one in a "
        f"variable called {name.replace(' ', '_')}.",
    )


def no_account(name: str) -> Finding:
    """The identity can get no role on what nobody can name."""
    return Finding(
        id="openai-account-unknown",
        severity="warning",
        subject=f"connection {name}",
        message=f"connection {name} has no key, and does not say which Azure OpenAI account is "
        "behind it; the endpoint's identity gets no role there",
        fix="Give the connection an open_ai_resource_id, or assign Cognitive Services OpenAI User "
        "by hand.",
    )


def no_registry(place: Workspace, endpoints: Sequence[str]) -> Finding:
    """A user-assigned identity is given AcrPull before its endpoint is made, or never."""
    return Finding(
        id="registry-missing",
        severity="warning",
        subject=f"workspace {place.name}",
        message=f"workspace {place.name} has no container registry yet, so the user-assigned "
        f"identity of {' and '.join(endpoints)} gets no AcrPull",
        fix="An image of another registry needs none. Azure makes the workspace's with the first "
        "environment that it builds: run the update again after that.",
    )


def no_version(place: Workspace, reference: Reference) -> Finding:
    """The deployment would name nothing."""
    return Finding(
        id="version-missing",
        severity="error",
        subject=f"reference {reference.text}",
        message=f"workspace {place.name} has no {reference.kind.rstrip('s')} {reference.name}",
        fix="Register it first, or correct the name.",
    )


def identity_unread(id_: str, *, why: str) -> Finding:
    """Its object id gets the roles, its client id goes to the flow."""
    return Finding(
        id="identity-unknown",
        severity="error",
        subject=f"identity {id_.rsplit('/', 1)[-1]}",
        message=f"the user-assigned identity {id_} could not be read: {why}",
        fix="Correct the resource_id, or ask for Reader on it; without resource_id the program "
        "makes an identity itself.",
    )


def replaced(endpoint: str, reason: str, *, production: bool, at: Place) -> Finding:
    """What a preview shows as one line costs keys and answers."""
    fix = "Put it beside the old one under a new name, move the callers, then take the old one out."
    return Finding(
        id="endpoint-replaced",
        severity="error" if production else "warning",
        subject=f"endpoint {endpoint}",
        message=f"{reason}; Azure changes that on no endpoint: it is deleted with its keys and all "
        "deployments and made anew, and does not answer until then",
        fix=fix if not production else f"{fix} (A stack that is not production would go on.)",
        file=at.file,
        line=at.line,
    )
