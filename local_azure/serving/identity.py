"""The managed identity endpoint of deployed code: `GET /msi/token`.

The shape is App Service's of 2019-08-01, which azure-identity uses when IDENTITY_ENDPOINT and
IDENTITY_HEADER are set. The header's secret says which deployment asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web

from .placement import Platform

IdentityOf = Callable[[str], "Mapping[str, str] | None"]
"""Secret -> {client id: principal id} of the deployment; "" is the system-assigned one."""


def routes(identity_of: IdentityOf, platform: Platform) -> list[web.RouteDef]:
    """The endpoint's only route."""

    async def token(request: web.Request) -> web.Response:
        given = request.headers.get("X-IDENTITY-HEADER", "")
        identities = identity_of(given) if given.isascii() else None
        if identities is None:
            return _problem(401, "X-IDENTITY-HEADER is missing or is no deployment's secret.")
        resource = request.query.get("resource", "")
        if not resource or not request.query.get("api-version"):
            return _problem(400, "The parameters resource and api-version are required.")
        found = _identity(identities, request.query)
        if found is None:
            return _problem(
                400,
                "No User Assigned or Delegated Managed Identity found for specified "
                "ClientId/ResourceId/PrincipalId.",
            )
        client_id, principal = found
        access_token, expires_on = platform.issue_token(principal, resource)
        return web.json_response(
            {
                "access_token": access_token,
                "client_id": client_id,
                "expires_on": str(expires_on),
                "resource": resource,
                "token_type": "Bearer",
            },
            headers={"Cache-Control": "no-store"},
        )

    return [web.get("/msi/token", token)]


def _identity(identities: Mapping[str, str], query: Mapping[str, str]) -> tuple[str, str] | None:
    """Client id and principal id of the identity that the query names; the system-assigned
    one when it names none."""
    client = query.get("client_id", "").lower()
    principal = (query.get("principal_id") or query.get("object_id") or "").lower()
    for client_id, principal_id in identities.items():
        named = principal_id.lower() == principal if principal else client_id.lower() == client
        if named:
            return client_id, principal_id
    return None


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
