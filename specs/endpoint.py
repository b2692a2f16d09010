"""Online endpoints, managed and Kubernetes: the document and the body that ARM gets.

The body is azure-ai-ml's (`OnlineEndpoint._to_rest_online_endpoint`), except that traffic is not
in it: traffic is its own last step (design decision 4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from specs.documents import Document, Findings
from specs.fields import Text, TextMap, Whole, one_of
from specs.names import check_served_name
from specs.spec import Spec, read_spec
from specs.workspace import Workspace

AUTH_MODES = {"key": "Key", "aml_token": "AMLToken", "aad_token": "AADToken"}
IDENTITIES = {
    "system_assigned": "SystemAssigned",
    "user_assigned": "UserAssigned",
    "none": "None",
}
SECRET_STORES = "enforce_access_to_default_secret_stores"  # noqa: S105  a property's name
_IDENTITY_ID = re.compile(
    r"^/subscriptions/[^/]+/resourcegroups/[^/]+/providers/"
    r"microsoft\.managedidentity/userassignedidentities/[^/]+$",
    re.IGNORECASE,
)
_COMPUTE_ID = re.compile(r"^/subscriptions/.+/computes/[^/]+$", re.IGNORECASE)


class UserAssignedIdentity(Spec):
    """One entry of `identity.user_assigned_identities`."""

    resource_id: Text
    client_id: Text | None = None
    object_id: Text | None = None
    read_only: ClassVar[frozenset[str]] = frozenset({"principal_id"})


class Identity(Spec):
    """The identity of the endpoint, under which its containers run."""

    type: Annotated[str, one_of("system_assigned", "user_assigned", "none")]
    user_assigned_identities: list[UserAssignedIdentity] = Field(
        default_factory=list[UserAssignedIdentity]
    )
    principal_id: Text | None = None
    tenant_id: Text | None = None

    @property
    def resource_id(self) -> str | None:
        """ARM id of the user-assigned identity; None where the program is to create it."""
        return (
            self.user_assigned_identities[0].resource_id if self.user_assigned_identities else None
        )


class Endpoint(Spec):
    """An online endpoint's YAML."""

    name: Text
    description: Text | None = None
    tags: TextMap = Field(default_factory=dict)
    properties: TextMap = Field(default_factory=dict)
    auth_mode: Annotated[str, one_of("aml_token", "key", "aad_token")] = "key"
    location: Text | None = None
    identity: Identity | None = None
    traffic: dict[str, Whole] = Field(default_factory=dict)
    mirror_traffic: dict[str, Whole] = Field(default_factory=dict)
    public_network_access: Annotated[str, one_of("enabled", "disabled", camel=False)] | None = None
    compute: Text | None = None
    """`azureml:` and the name of an attached Kubernetes compute: makes it a Kubernetes endpoint."""
    id: Text | None = None
    provisioning_state: Text | None = None
    scoring_uri: Text | None = None
    openapi_uri: Text | None = None

    read_only: ClassVar[frozenset[str]] = frozenset({"kind"})
    elsewhere: ClassVar[Mapping[str, str]] = {
        "property": "Did you mean `properties`?",
        SECRET_STORES: f"Move it under `properties:`, as `{SECRET_STORES}: enabled`.",
    }

    @property
    def is_kubernetes(self) -> bool:
        """Whether it runs on a Kubernetes cluster attached to the workspace."""
        return bool(self.compute)

    @property
    def identity_type(self) -> str:
        """`SystemAssigned` (the default), `UserAssigned` or `None`."""
        return IDENTITIES[self.identity.type] if self.identity else "SystemAssigned"

    @property
    def identity_id(self) -> str | None:
        """ARM id of the user-assigned identity, None where there is none (yet)."""
        return self.identity.resource_id if self.identity else None

    @property
    def secret_stores_enforced(self) -> bool:
        """Whether the service itself grants the identity access to connection secrets."""
        return self.properties.get(SECRET_STORES, "").lower() == "enabled"

    def compute_id(self, workspace: Workspace) -> str | None:
        """ARM id of the Kubernetes compute, None for a managed endpoint."""
        if not self.compute:
            return None
        name = self.compute.removeprefix("azureml:")
        return name if name.startswith("/") else f"{workspace.id}/computes/{name}"

    def body(self, workspace: Workspace, *, identity_id: str | None = None) -> dict[str, object]:
        """The ARM request body. `identity_id`: of the identity that the program creates."""
        properties: dict[str, object] = {
            "authMode": AUTH_MODES[self.auth_mode],
            "properties": dict(self.properties),
            "traffic": {},
            "mirrorTraffic": {},
        }
        optional = {
            "description": self.description,
            "publicNetworkAccess": None if self.is_kubernetes else self.public_network_access,
            "compute": self.compute_id(workspace),
        }
        properties.update({key: value for key, value in optional.items() if value is not None})
        identity: dict[str, object] = {"type": self.identity_type}
        chosen = self.identity_id or identity_id
        if chosen is not None and self.identity_type == "UserAssigned":
            identity["userAssignedIdentities"] = {chosen: {}}
        return {
            "location": workspace.location,
            "properties": properties,
            "identity": identity,
            "tags": dict(self.tags),
        }


def read_endpoint(document: Document, findings: Findings) -> Endpoint | None:
    """The endpoint of a document, or None after an error. Its name is in lower case, as sent."""
    managed_only = ("public_network_access",)
    kubernetes = bool(document.get("compute"))
    for key in managed_only:
        if kubernetes and key in document.root:
            message = f"`{key}` is for managed endpoints; this one is Kubernetes (it has `compute`)"
            findings.add("unknown-field", message, fix="Remove it.", at=document.place(key))
    endpoint = read_spec(Endpoint, document.root, findings=findings)
    check_served_name(document, "an endpoint", findings)
    if endpoint is None:
        return None
    _check_identity(endpoint, document, findings)
    _check_compute(endpoint, document, findings)
    return endpoint.model_copy(update={"name": endpoint.name.lower()})


def _check_identity(endpoint: Endpoint, document: Document, findings: Findings) -> None:
    if endpoint.identity is None:
        return
    at = document.place("identity", "user_assigned_identities")
    given = endpoint.identity.user_assigned_identities
    if len(given) > 1:
        message = f"{len(given)} user-assigned identities; an endpoint takes one"
        findings.add("identity-mismatch", message, fix="Keep one.", at=at)
    if given and endpoint.identity.type != "user_assigned":
        message = f"`user_assigned_identities` with type {endpoint.identity.type}"
        findings.add("identity-mismatch", message, fix="Set type: user_assigned.", at=at)
    for index, identity in enumerate(given):
        if not _IDENTITY_ID.match(identity.resource_id):
            place = document.place("identity", "user_assigned_identities", index, "resource_id")
            message = f"`{identity.resource_id[:80]}` is no ARM id of a user-assigned identity"
            fix = (
                "Give /subscriptions/…/resourceGroups/…/providers/Microsoft.ManagedIdentity/"
                "userAssignedIdentities/NAME."
            )
            findings.add("identity-id", message, fix=fix, at=place)


def _check_compute(endpoint: Endpoint, document: Document, findings: Findings) -> None:
    compute = endpoint.compute or "azureml:none"
    name = compute.removeprefix("azureml:")
    sound = compute.startswith("azureml:") and (
        _COMPUTE_ID.match(name) if "/" in name else bool(name)
    )
    if not sound:
        message = f"`compute` is `{compute[:80]}`; it names an attached Kubernetes compute"
        fix = "Write azureml: and the name of the compute, as azureml:my-cluster."
        findings.add("reference-illegal", message, fix=fix, at=document.place("compute"))
