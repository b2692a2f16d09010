"""A world: the one subscription, workspace and deployer that a local Azure holds, and its secrets.

Names come from the command line, secrets are made up once; both are kept in `home/world.json`
(readable by its owner only).
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from local_azure.arm.shape import parse_object, strings

PLATFORM_SUBSCRIPTION = "10ca1000-0000-4000-8000-0000000000ff"
"""Where the system registry lies: the platform's, so nobody in the tenant has a role on it."""


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _account_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, kw_only=True)
class World:
    """Names and secrets of one world."""

    subscription_id: str = "10ca1000-0000-4000-8000-000000000001"
    tenant_id: str = "10ca1000-0000-4000-8000-00000000000a"
    resource_group: str = "rg-local"
    workspace: str = "mlw-local"
    location: str = "westeurope"
    openai_upstream: str = ""
    """Base URL of an OpenAI-compatible server that answers instead of the stand-in."""
    storage_account: str = field(default_factory=lambda: f"stlocal{secrets.token_hex(5)}")
    storage_key: str = field(default_factory=_account_key)
    openai_account: str = "local-openai"
    openai_key: str = field(default_factory=lambda: secrets.token_hex(16))
    deployer_client_id: str = field(default_factory=_new_id)
    deployer_object_id: str = field(default_factory=_new_id)
    deployer_secret: str = field(default_factory=_secret)
    owner_object_id: str = field(default_factory=_new_id)
    """The world's owner: makes what exists from the start, and answers `grant`."""
    token_key: str = field(default_factory=_secret)
    admin_key: str = field(default_factory=_secret)
    """Header secret of the `/_local` administration routes."""

    @property
    def subscription(self) -> str:
        """ARM id of the subscription."""
        return f"/subscriptions/{self.subscription_id}"

    @property
    def group(self) -> str:
        """ARM id of the resource group."""
        return f"{self.subscription}/resourceGroups/{self.resource_group}"

    @property
    def workspace_id(self) -> str:
        """ARM id of the workspace."""
        provider = "Microsoft.MachineLearningServices/workspaces"
        return f"{self.group}/providers/{provider}/{self.workspace}"

    def secret_values(self) -> tuple[str, ...]:
        """All secrets, for those who must keep them out of logs."""
        return (
            self.storage_key,
            self.openai_key,
            self.deployer_secret,
            self.token_key,
            self.admin_key,
        )


def open_world(home: Path, names: Mapping[str, str]) -> World:
    """The world kept in `home`, or a new one; `names` that are not empty are set and kept."""
    path = home / "world.json"
    kept = parse_object(path.read_bytes()) if path.exists() else None
    known = {key: value for key, value in strings(kept).items() if key in _FIELDS}
    world = replace(World(**known), **{key: value for key, value in names.items() if value})
    world = replace(world, subscription_id=world.subscription_id.lower())
    write_private(path, json.dumps(asdict(world), indent=2))
    return world


_FIELDS = frozenset(asdict(World()))


def write_private(path: Path, text: str) -> None:
    """Replace a file's content in one step; only its owner can read it."""
    temporary = path.with_name(path.name + ".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
