"""Microsoft.KeyVault: the vault a workspace names. It holds nothing here."""

from __future__ import annotations

from local_azure.arm.resource_type import ResourceType

TYPE = "Microsoft.KeyVault/vaults"


class Vaults(ResourceType):
    """Key vaults."""

    type = TYPE


TYPES: tuple[type[ResourceType], ...] = (Vaults,)
