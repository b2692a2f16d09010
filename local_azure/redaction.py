"""What a recording may show of requests: who asked, and bodies without secrets."""

from __future__ import annotations

import base64
import json
import re

from local_azure.arm.shape import JsonObject, JsonValue, parse_object, text

LONGEST = 65536
HIDDEN = "***"
_SECRET = re.compile(
    r"(secret|password|credential|token|signature|connectionstring|connection_string|sas"
    r"|keyvalue|key\d?|keys)$",
    re.IGNORECASE,
)
_NAMES = frozenset(("authtype", "credentialstype"))


def redacted(body: bytes) -> str:
    """A JSON body with everything that is named like a secret replaced by `***`; a body that is
    long or no JSON object is left out."""
    held = parse_object(body) if len(body) <= LONGEST else None
    return json.dumps(_clean(held)) if held is not None else ""


def _clean(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if not isinstance(value, dict):
        return value
    cleaned: JsonObject = {}
    for name, held in value.items():
        cleaned[name] = _hidden(held) if _SECRET.search(name) else _clean(held)
    return cleaned


def _hidden(value: JsonValue) -> JsonValue:
    """All values below, whatever they are called; what kind of credential it is stays."""
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    if isinstance(value, dict):
        return {k: held if k.lower() in _NAMES else _hidden(held) for k, held in value.items()}
    return value if value is None or isinstance(value, bool) else HIDDEN


def principal_of(authorization: str) -> str:
    """The object id that a bearer token claims; "" where there is none. Checks nothing."""
    parts = authorization.partition(" ")[2].split(".")
    if len(parts) != 3:
        return ""
    try:
        claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except ValueError:
        return ""
    return text(parse_object(claims), "oid")
