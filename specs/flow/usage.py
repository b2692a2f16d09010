"""Which connections a flow will ask the workspace for, and what in the flow asks."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CONNECTION_KEY = re.compile(r"\$\{([^.]+)\.([^.]+)\}\Z")


class ConnectionUse:
    """Connection name -> users, both in order of appearance and without repeats."""

    def __init__(self) -> None:
        self._users: dict[str, dict[str, None]] = {}

    def add(self, connection: str, user: str) -> None:
        """`user`: a node, `environment_variables.NAME`, `init.NAME` or a file."""
        if connection:
            self._users.setdefault(connection, {})[user] = None

    def add_environment(self, variables: Mapping[str, str]) -> None:
        """`NAME: ${connection.key}` of the definition's environment_variables."""
        for name, value in variables.items():
            match = _CONNECTION_KEY.match(value.strip())
            if match is not None:
                self.add(match[1], f"environment_variables.{name}")

    def as_mapping(self) -> dict[str, tuple[str, ...]]:
        """The result."""
        return {name: tuple(users) for name, users in self._users.items()}
