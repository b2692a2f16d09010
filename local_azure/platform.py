"""What the serving side may ask of this world (`serving.placement.Platform`, `EndpointLookup`,
`TokenCheck`), and what the Azure OpenAI stand-in must know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from local_azure.arm.shape import JsonObject, number, section, strings, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services import cognitive
from local_azure.services.machinelearning import endpoint_names, online_endpoints
from local_azure.services.machinelearning.connections import with_credentials
from local_azure.serving.openai import OpenAIAccount
from local_azure.serving.placement import AuthMode, EndpointRoute
from local_azure.tokens import ML_AUDIENCE, TokenError

SCORE = f"{online_endpoints.TYPE}/score/action"
CHAT = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"
COGNITIVE_AUDIENCE = "https://cognitiveservices.azure.com"


class WorldPlatform:
    """The platform as one world has it."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def may(self, principal_id: str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether the principal's role assignments allow the (data) action at the scope."""
        return self._azure.access.may(principal_id, action, scope, data=data)

    def issue_token(self, principal_id: str, resource: str) -> tuple[str, int]:
        """A JWT for the principal with `aud` = resource, and its expiry (Unix seconds)."""
        principal = self._azure.directory.get(principal_id)
        client_id = principal.client_id if principal else principal_id
        return self._azure.tokens.issue(principal_id, client_id, resource)

    def connection(self, workspace_id: str, name: str) -> Mapping[str, object] | None:
        """The connection's properties with its credentials."""
        held = self._azure.store.get(f"{workspace_id}/connections/{name}")
        return None if held is None else with_credentials(held)

    def registry_of(self, workspace_id: str) -> str | None:
        """ARM id of the workspace's container registry."""
        return self._property(workspace_id, "containerRegistry")

    def storage_of(self, workspace_id: str) -> str | None:
        """ARM id of the workspace's default storage account."""
        return self._property(workspace_id, "storageAccount")

    def _property(self, workspace_id: str, name: str) -> str | None:
        held = self._azure.store.get(workspace_id)
        return (text(held.properties, name) or None) if held else None

    async def download(self, uri: str, target: Path) -> int:
        """Copy a blob folder to `target`; returns the number of files.

        A URI that ends with `/` means the folder's content, one without it the folder itself
        (its name comes on top, as a model's folder does below AZUREML_MODEL_DIR).
        """
        return await self._azure.blobs.download(uri, target)

    async def append_blob(self, workspace_id: str, path: str, content: bytes) -> None:
        """Add to the end of an append blob in the workspace's default blob store."""
        await self._azure.blobs.append(self._blob_container(workspace_id), path, content)

    async def write_blob(self, workspace_id: str, path: str, content: bytes) -> str:
        """Put a blob into the workspace's default blob store; returns its https URI."""
        container = self._blob_container(workspace_id)
        await self._azure.blobs.write(container, path, content)
        return f"{self._azure.blobs.url}/{container}/{path}"

    def _blob_container(self, workspace_id: str) -> str:
        held = self._azure.store.get(f"{workspace_id}/datastores/workspaceblobstore")
        return (text(held.properties, "containerName") if held else "") or "azureml"


class Endpoints:
    """The router's view of the endpoints: asked at each request, worked out after each write."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._routes: dict[str, EndpointRoute] = {}
        self._revision = -1

    def route(self, address: str) -> EndpointRoute | None:
        """The endpoint that answers below this path."""
        store = self._azure.store
        if self._revision != store.revision:
            endpoints = store.under("", online_endpoints.TYPE)
            self._routes = {
                endpoint_names.address(self._azure, one).lower(): self._shown(one)
                for one in endpoints
            }
            self._revision = store.revision
        return self._routes.get(address.lower())

    def _shown(self, endpoint: Resource) -> EndpointRoute:
        keys = strings(endpoint.hidden, "keys")
        deployments = self._azure.store.children(endpoint.id, online_endpoints.DEPLOYMENTS)
        return EndpointRoute(
            arm_id=endpoint.id,
            name=endpoint.name,
            auth_mode=_auth_mode(text(endpoint.properties, "authMode")),
            keys=(keys.get("primaryKey", ""), keys.get("secondaryKey", "")),
            traffic=_shares(section(endpoint.properties, "traffic")),
            mirror_traffic=_shares(section(endpoint.properties, "mirrorTraffic")),
            deployments={one.name: one.id for one in deployments},
        )

    async def token_may_score(self, token: str, endpoint: EndpointRoute) -> bool:
        """Whether a bearer token opens an endpoint with aml_token or aad_token."""
        of_endpoint = endpoint.auth_mode == "AMLToken"
        audience = online_endpoints.AML_TOKEN_AUDIENCE if of_endpoint else ML_AUDIENCE
        try:
            claims = self._azure.tokens.verify(token, (audience,))
        except TokenError:
            return False
        if of_endpoint:
            return claims.scope == endpoint.arm_id.lower()
        return self._azure.access.may(claims.principal_id, SCORE, endpoint.arm_id)


class OpenAIAccounts:
    """The Azure OpenAI accounts of the world, for the stand-in."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def account(self, name: str) -> OpenAIAccount | None:
        """An account by its name, with its keys and model deployments."""
        held = self._find(name)
        if held is None:
            return None
        deployments = self._azure.store.children(held.id, cognitive.Deployments.type)
        return OpenAIAccount(
            name=held.name,
            keys=(text(held.hidden, "key"),),
            deployments={
                one.name: text(one.properties, "model", "name", default=one.name)
                for one in deployments
            },
        )

    async def may_use(self, token: str, account: OpenAIAccount) -> bool:
        """Whether a bearer token's principal has the data action for completions there."""
        held = self._find(account.name)
        try:
            claims = self._azure.tokens.verify(token, (COGNITIVE_AUDIENCE,))
        except TokenError:
            return False
        return held is not None and self._azure.access.may(
            claims.principal_id, CHAT, held.id, data=True
        )

    def _find(self, name: str) -> Resource | None:
        for one in self._azure.store.under("", cognitive.TYPE):
            if one.name.lower() == name.lower():
                return one
        return None


def _auth_mode(value: str) -> AuthMode:
    if value == "AMLToken":
        return "AMLToken"
    return "AADToken" if value == "AADToken" else "Key"


def _shares(held: JsonObject) -> dict[str, int]:
    return {name: int(number(share)) for name, share in held.items()}
