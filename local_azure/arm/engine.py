"""ARM's front door: identifies the caller, finds the type, checks access, answers.

Generic over resource types and api-versions; what one type does is in its service, writing is
in `writes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from local_azure.arm import errors, ids, writes
from local_azure.arm.envelope import listed, shown
from local_azure.arm.errors import ArmError
from local_azure.arm.resource_type import Call, Reply, ResourceType
from local_azure.arm.shape import JsonValue, parse_object
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.directory import Principal
from local_azure.tokens import ARM_AUDIENCES, TokenError
from local_azure.world import PLATFORM_SUBSCRIPTION

_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(-[a-z0-9.]{1,24})?", re.IGNORECASE)
AUTHORITY = "https://login.microsoftonline.com"


class Engine:
    """All types of one world behind one `handle`."""

    def __init__(self, azure: Azure, types: Iterable[ResourceType]) -> None:
        self.azure = azure
        self._types = {kind.type.lower(): kind for kind in types}
        self._namespaces = {name.split("/")[0] for name in self._types}

    def type_named(self, name: str) -> ResourceType | None:
        """A type by its name, in any case."""
        return self._types.get(name.lower())

    def types(self) -> list[ResourceType]:
        """All types, by name."""
        return [self._types[name] for name in sorted(self._types)]

    async def handle(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str],
        authorization: str,
        body: bytes = b"",
    ) -> Reply:
        """Answer one request. Raises `ArmError` for every answer other than success."""
        caller = self.caller(authorization)
        return await self.call(method, path, query=query, caller=caller, body=body)

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str],
        caller: Principal,
        body: bytes = b"",
    ) -> Reply:
        """Answer a request of a known caller; what it changed is on disk on return."""
        try:
            call, kind = self._understood(method, path, query=query, caller=caller, body=body)
            return await self._answer(call, kind)
        finally:
            self.azure.snapshot.flush()

    def caller(self, authorization: str, audiences: tuple[str, ...] = ARM_AUDIENCES) -> Principal:
        """Who sent this Authorization header. Raises a 401 in ARM's words."""
        scheme, _, token = authorization.partition(" ")
        tenant = self.azure.world.tenant_id
        if scheme.lower() != "bearer" or not token:
            raise _unauthenticated(
                tenant,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            )
        try:
            claims = self.azure.tokens.verify(token.strip(), audiences)
        except TokenError as error:
            raise _unauthenticated(tenant, "InvalidAuthenticationToken", str(error)) from error
        principal = self.azure.directory.get(claims.principal_id)
        if principal is None:
            raise _unauthenticated(
                tenant, "InvalidAuthenticationToken", "The token's principal no longer exists."
            )
        return principal

    def _understood(
        self, method: str, path: str, *, query: Mapping[str, str], caller: Principal, body: bytes
    ) -> tuple[Call, ResourceType]:
        lowered = {key.lower(): value for key, value in query.items()}
        version = lowered.get("api-version", "")
        if not version:
            raise errors.bad_request(
                "The api-version query parameter (?api-version=) is required for all requests.",
                code="MissingApiVersionParameter",
            )
        if not _VERSION.fullmatch(version):
            raise errors.bad_request(
                f"The api-version '{version}' is invalid: it must look like 2025-12-01 or "
                "2025-12-01-preview.",
                code="InvalidApiVersionParameter",
            )
        parsed = ids.parse(path)
        known = (self.azure.world.subscription_id, PLATFORM_SUBSCRIPTION)
        if parsed.subscription and parsed.subscription.lower() not in known:
            raise errors.subscription_not_found(parsed.subscription)
        content = parse_object(body) if body.strip() else {}
        if content is None:
            raise errors.bad_request(
                "The request content was invalid and could not be deserialized: no JSON object.",
                code="InvalidRequestContent",
            )
        kind = self._type_of(method, parsed, version)
        call = Call(
            method=method,
            path=parsed,
            id=self._canonical(parsed, kind),
            query=lowered,
            body=content,
            caller=caller,
            api_version=version,
        )
        return call, kind

    def _type_of(self, method: str, path: ids.ArmPath, version: str) -> ResourceType:
        name = path.owner().type if method == "POST" and path.collection else path.type
        kind = self._types.get(name.lower())
        if kind is None:
            namespace = name.split("/")[0]
            if namespace.lower() not in self._namespaces:
                raise errors.unknown_namespace(namespace)
            raise errors.unknown_type(name, version)
        return kind

    def _canonical(self, path: ids.ArmPath, kind: ResourceType) -> str:
        """The id in stored spelling as far up as something is stored."""
        depth = len(kind.type.split("/")) - 1
        names, scope = path.names[:depth], path.scope
        scope_held = self.azure.store.get(scope)
        if scope_held is not None:
            scope = scope_held.id
        straight = ids.ArmPath(scope=scope, type=kind.type, names=names, collection=False).id
        held = self.azure.store.get(straight)
        if held is not None:
            return held.id
        if len(names) == depth and depth > 1:
            parent = self.azure.store.get(ids.parent_of(straight))
            if parent is not None:
                return f"{parent.id}/{kind.type.rsplit('/', 1)[-1]}/{names[-1]}"
        return straight

    async def _answer(self, call: Call, kind: ResourceType) -> Reply:
        if call.path.collection:
            if call.method == "GET" and "LIST" in kind.verbs:
                return self._list(call, kind)
            if call.method == "POST":
                return await self._act(call, kind)
            raise errors.unknown_verb(call.method, kind.type, kind.verbs)
        if call.method not in kind.verbs:
            raise errors.unknown_verb(call.method, kind.type, kind.verbs)
        permission = kind.permission(call.method)
        if permission is not None:
            self.authorize(call, permission, call.id)
        if call.method == "GET":
            return self._get(call, kind)
        if call.method == "DELETE":
            return await writes.delete(call, kind, self._types)
        self._need_parents(call, kind)
        return await writes.put(call, kind)

    def authorize(self, call: Call, action: str, scope: str) -> None:
        """Raise AuthorizationFailed unless the caller may do `action` at `scope`."""
        if not self.azure.access.may(call.caller.object_id, action, scope):
            raise errors.authorization_failed(
                call.caller.client_id, call.caller.object_id, action, scope
            )

    def found(self, call: Call, kind: ResourceType) -> Resource:
        """The stored resource that the call is about. Raises the proper 404."""
        held = self.azure.store.get(call.id)
        if held is not None and kind.visible(held):
            return held
        self._need_parents(call, kind)
        rest = call.id.rsplit(f"{kind.type.split('/')[0]}/", 1)[-1]
        raise errors.resource_not_found(kind.type, rest, call.path.group)

    def _need_parents(self, call: Call, kind: ResourceType) -> None:
        group = call.path.group
        if group and kind.type != ids.GROUP_TYPE:
            group_id = f"/subscriptions/{call.path.subscription}/resourceGroups/{group}"
            if self.azure.store.get(group_id) is None:
                raise errors.group_not_found(group)
        parent = ids.parent_of(call.id)
        if kind.makes_parent:
            parent = ids.parent_of(parent)
        if parent and not kind.computed and self.azure.store.get(parent) is None:
            raise errors.parent_not_found(kind.type, parent)

    def _get(self, call: Call, kind: ResourceType) -> Reply:
        if self.azure.store.get(call.id) is None:
            computed = kind.computed_reply(call)
            if computed is not None:
                return computed
        return Reply(body=shown(self.found(call, kind), kind))

    def _list(self, call: Call, kind: ResourceType) -> Reply:
        parent = call.path.owner().id if call.path.names else call.path.scope
        held = self.azure.store.get(parent)
        parent = held.id if held else parent
        permission = kind.permission("LIST")
        if permission is not None:
            self.authorize(call, permission, parent)
        reply = kind.collection_reply(call)
        if reply is not None:
            return reply
        computed = kind.listing(call)
        if computed is not None:
            return Reply(body={"value": list[JsonValue](computed)})
        if held is None and "/" in parent:
            self._need_listed(call, kind, parent)
        nested = call.path.names or kind.anywhere
        store = self.azure.store
        found = store.children(parent, kind.type) if nested else store.under(parent, kind.type)
        return Reply(body=listed([one for one in found if kind.visible(one)], kind, call))

    def _need_listed(self, call: Call, kind: ResourceType, parent: str) -> None:
        group = call.path.group
        if group and self.azure.store.get(parent) is None:
            group_id = f"/subscriptions/{call.path.subscription}/resourceGroups/{group}"
            if self.azure.store.get(group_id) is None:
                raise errors.group_not_found(group)
        if kind.makes_parent:
            parent = ids.parent_of(parent)
        if call.path.names and self.azure.store.get(parent) is None:
            raise errors.parent_not_found(kind.type, parent)

    async def _act(self, call: Call, kind: ResourceType) -> Reply:
        name = call.path.type.rsplit("/", 1)[-1]
        actions = {key.lower(): action for key, action in kind.actions().items()}
        action = actions.get(name.lower())
        if action is None:
            raise errors.unknown_action(name, kind.type, tuple(kind.actions()))
        self.authorize(call, f"{kind.access or kind.type}/{action.permission}", call.id)
        resource = self._ahead(call, kind) if action.ahead else self.found(call, kind)
        answer = await action.run(call, resource)
        return answer if isinstance(answer, Reply) else Reply(body=answer)

    def _ahead(self, call: Call, kind: ResourceType) -> Resource:
        held = self.azure.store.get(call.id)
        if held is None:
            self._need_parents(call, kind)
        return held or Resource(id=call.id, type=kind.type, body={})


def _unauthenticated(tenant: str, code: str, message: str) -> ArmError:
    challenge = (
        f'Bearer authorization_uri="{AUTHORITY}/{tenant}", error="invalid_token", '
        f'error_description="{_quotable(message)}"'
    )
    return ArmError(401, code, message, headers={"WWW-Authenticate": challenge})


def _quotable(message: str) -> str:
    """For a header: an audience in it is what somebody asked a token for."""
    return "".join(one for one in message if one.isascii() and one.isprintable() and one != '"')
