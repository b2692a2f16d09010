"""ARM's error shape, and the errors that the whole of ARM shares.

What only one resource type can say is raised by its service, with the codes that type uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from local_azure.arm.shape import JsonObject, JsonValue


class ArmError(Exception):
    """An answer other than success, in ARM's own shape."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = tuple(details)
        self.headers = dict(headers or {})

    def body(self) -> JsonObject:
        """`{"error": {code, message, details?}}`, as ARM answers and as operations keep it."""
        error: JsonObject = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = [
                {"code": code, "message": message} for code, message in self.details
            ]
        return {"error": error}


def bad_request(message: str, *, code: str = "BadRequest", detail: str | None = None) -> ArmError:
    """400. `detail` repeats the message under the more exact code that Azure ML nests in it."""
    return ArmError(400, code, message, details=[(detail, message)] if detail else ())


def conflict(message: str, *, code: str = "Conflict") -> ArmError:
    """409."""
    return ArmError(409, code, message)


def resource_not_found(type_name: str, path: str, group: str | None) -> ArmError:
    """404 for an id whose type is known: `path` is the part of the id after the provider."""
    where = f" under resource group '{group}'" if group else ""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{type_name.split('/')[0]}/{path}'{where} was not found. For more details "
        "please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def parent_not_found(type_name: str, parent_id: str) -> ArmError:
    """404 for a child of something that is not there."""
    short = type_name.split("/", 1)[-1]
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{short}', because the parent "
        f"resource '{parent_id}' could not be found.",
    )


def group_not_found(group: str) -> ArmError:
    """404 for an id in a resource group that does not exist."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def subscription_not_found(subscription: str) -> ArmError:
    """404 for any other subscription than the world's own."""
    return ArmError(
        404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found."
    )


def unknown_namespace(namespace: str) -> ArmError:
    """404: no type of this provider is played here."""
    return ArmError(
        404,
        "InvalidResourceNamespace",
        f"The resource namespace '{namespace}' is invalid. "
        "(The local Azure plays no type of this provider.)",
    )


def unknown_type(type_name: str, api_version: str) -> ArmError:
    """404: the provider is played here, this type of it is not."""
    namespace, _, rest = type_name.partition("/")
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{rest}' could not be found in the namespace '{namespace}' for api "
        f"version '{api_version}'. (The local Azure does not play {type_name}.)",
    )


def unknown_verb(method: str, type_name: str, played: Sequence[str]) -> ArmError:
    """405: the type is played, this verb of it is not."""
    return ArmError(
        405,
        "HttpMethodNotSupported",
        f"The HTTP method '{method}' is not supported on resource type '{type_name}'. "
        f"(The local Azure plays {', '.join(played)} of it.)",
        headers={"Allow": ", ".join(sorted(set(played)))},
    )


def unknown_action(action: str, type_name: str, played: Sequence[str]) -> ArmError:
    """404: no such POST action."""
    known = f"plays {', '.join(played)}" if played else "plays no action of it"
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{type_name}' has no action '{action}'. (The local Azure {known}.)",
    )


def authorization_failed(client: str, oid: str, action: str, scope: str) -> ArmError:
    """403 in the words of ARM, which tools match."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{client}' with object id '{oid}' does not have authorization to perform "
        f"action '{action}' over scope '{scope or '/'}' or the scope is invalid. If access was "
        "recently granted, please refresh your credentials.",
    )


def invalid_body(problems: Sequence[str], type_name: str) -> ArmError:
    """400 for a body that the type's schema refuses; one detail per problem."""
    return ArmError(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized as {type_name}: "
        + "; ".join(problems),
        details=[("InvalidRequestContent", problem) for problem in problems],
    )


def as_json(error: ArmError) -> JsonValue:
    """The inner error object, as an operation's status holds it."""
    return error.body()["error"]
