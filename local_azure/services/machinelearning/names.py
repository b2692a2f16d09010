"""Names that the service checks and ARM's schemas do not."""

from __future__ import annotations

import re

from local_azure.arm import errors

LEGAL = re.compile(r"[a-zA-Z](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?")
HOLDER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}")


def check(kind: str, name: str) -> None:
    """Raise unless the name has 3 to 32 letters, digits and inner hyphens (facts section 1)."""
    if 3 <= len(name) <= 32 and LEGAL.fullmatch(name):
        return
    raise errors.bad_request(
        f"The {kind} name '{name}' is invalid: it must have 3 to 32 characters, begin with a "
        "letter, end with a letter or digit, and hold letters, digits and hyphens only "
        f"(it has {len(name)}).",
        detail="InvalidName",
    )


def check_holder(kind: str, name: str) -> None:
    """Raise unless the name may be a workspace's, a connection's or a registry's."""
    if not HOLDER.fullmatch(name):
        raise errors.bad_request(
            f"{kind} name '{name}' is invalid: 3 to 33 letters, digits, - or _, beginning with a "
            "letter or digit.",
            code="ValidationError",
        )
