"""The administrator of a rehearsal, who assigns the roles that the program may not.

With `manageRoles: false` the program says which assignments it waits for, as lines for the Azure
CLI. The local Azure takes the same words from its owner.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import cast

from tools.engine import Event
from tools.nouns import role_name

_COMMAND = "az role assignment create "


@dataclass
class Administrator:
    """Takes the engine's events, and does what the lines in them ask for."""

    home: Path
    """Of the local Azure."""
    granted: list[str] = field(default_factory=list[str])
    """`Connection Secrets Reader on mlw-flows`, each once."""

    def take(self, event: Event) -> None:
        """One event of the engine. What cannot be assigned shows as the smoke request's error."""
        diagnostic = event.get("diagnosticEvent")
        if not isinstance(diagnostic, dict):
            return
        message = str(cast("Mapping[str, object]", diagnostic).get("message", ""))
        for line in message.splitlines():
            if line.strip().startswith(_COMMAND):
                self._grant(options_of(line))

    def _grant(self, options: Mapping[str, str]) -> None:
        from local_azure import control

        role, scope = options["role"], options["scope"]
        body = {"principalId": options["assignee-object-id"], "role": role, "scope": scope}
        control.ask(self.home, "POST", "/_local/grant", body=body, tolerate="RoleAssignmentExists")
        told = f"{role_name(role) or role} on {scope.rsplit('/', 1)[-1]}"
        if told not in self.granted:
            self.granted.append(told)


def options_of(line: str) -> dict[str, str]:
    """`--role X --scope Y` of a line for the shell, by name."""
    words = shlex.split(line)
    return {
        name.removeprefix("--"): value for name, value in pairwise(words) if name.startswith("--")
    }
