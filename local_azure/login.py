"""login.microsoftonline.com: what azure-identity asks before and for a token."""

from __future__ import annotations

from aiohttp import web

from local_azure.azure import Azure
from local_azure.directory import Principal

HOST = "login.microsoftonline.com"
BASE = f"https://{HOST}"


class Login:
    """Client-credentials tokens of the world's tenant, by the v1 and the v2 endpoint."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def routes(self) -> list[web.RouteDef]:
        """Everything under the host."""
        return [
            web.get("/common/discovery/instance", self.discovery),
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", self.metadata),
            web.get("/{tenant}/.well-known/openid-configuration", self.metadata),
            web.post("/{tenant}/oauth2/v2.0/token", self.token),
            web.post("/{tenant}/oauth2/token", self.token),
        ]

    async def discovery(self, _: web.Request) -> web.Response:
        """Which hosts are one cloud: msal asks before it trusts an authority."""
        tenant = self._azure.world.tenant_id
        return web.json_response(
            {
                "tenant_discovery_endpoint": (
                    f"{BASE}/{tenant}/v2.0/.well-known/openid-configuration"
                ),
                "api-version": "1.1",
                "metadata": [
                    {"preferred_network": HOST, "preferred_cache": HOST, "aliases": [HOST]}
                ],
            }
        )

    async def metadata(self, request: web.Request) -> web.Response:
        """The tenant's OpenID configuration."""
        tenant = request.match_info["tenant"]
        base = f"{BASE}/{tenant}"
        version = "/v2.0" if "/v2.0/" in request.path else ""
        return web.json_response(
            {
                "token_endpoint": f"{base}/oauth2{version}/token",
                "authorization_endpoint": f"{base}/oauth2{version}/authorize",
                "device_authorization_endpoint": f"{base}/oauth2{version}/devicecode",
                "jwks_uri": f"{base}/discovery{version}/keys",
                "issuer": f"{BASE}/{tenant}/v2.0",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    async def token(self, request: web.Request) -> web.Response:
        """The client-credentials grant; every other grant is refused by name."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        tenant = request.match_info["tenant"]
        if tenant.lower() != self._azure.world.tenant_id.lower():
            return _refused(
                400, "invalid_request", 90002, f"Tenant '{tenant}' not found in this local Azure."
            )
        grant = form.get("grant_type", "")
        if grant != "client_credentials":
            return _refused(
                400,
                "unsupported_grant_type",
                70003,
                f"The local Azure plays the grant client_credentials, not '{grant}'.",
            )
        client_id = form.get("client_id", "")
        principal = self._azure.directory.by_client(client_id)
        if principal is None or principal.kind != "Application":
            return _refused(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client_id}' was not found in the directory.",
            )
        if not self._azure.directory.secret_matches(principal, form.get("client_secret", "")):
            return _refused(
                401,
                "invalid_client",
                7000215,
                f"Invalid client secret provided for app '{client_id}'.",
            )
        return self._granted(principal, form)

    def _granted(self, principal: Principal, form: dict[str, str]) -> web.Response:
        resource = form.get("resource") or _resource(form.get("scope", ""))
        token, expires = self._azure.tokens.issue(
            principal.object_id, principal.client_id, resource
        )
        lifetime = max(1, int(self._azure.settings.token_seconds))
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": lifetime,
                "ext_expires_in": lifetime,
                "expires_on": str(expires),
                "access_token": token,
            }
        )


def _resource(scope: str) -> str:
    """The audience of a v2 scope: what stands before `/.default`, and nothing else goes."""
    first = scope.split(" ", 1)[0]
    return first.removesuffix("/.default")


def _refused(status: int, error: str, number: int, message: str) -> web.Response:
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: {message}",
        "error_codes": [number],
    }
    return web.json_response(body, status=status)
