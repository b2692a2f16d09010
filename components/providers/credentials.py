"""Who we are to Azure.

One rule, so that the plugin and these providers are the same account:

1. the plugin's own settings, ARM_CLIENT_ID and ARM_TENANT_ID with ARM_CLIENT_SECRET, or with
   ARM_OIDC_TOKEN / ARM_OIDC_TOKEN_FILE_PATH and ARM_USE_OIDC, or ARM_USE_MSI;
2. the Azure SDKs' settings, AZURE_CLIENT_ID, AZURE_TENANT_ID and a secret or certificate
   (set ARM_USE_DEFAULT_AZURE_CREDENTIAL=true and the plugin reads them too);
3. the account of `az login`.

No managed identity is guessed: asking for one takes seconds where there is none.
Source: https://www.pulumi.com/registry/packages/azure-native/installation-configuration/
"""

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


@functools.cache
def credential() -> "TokenCredential":
    """The credential of this process; it keeps its tokens."""
    from azure.identity import AzureCliCredential, EnvironmentCredential

    if "ARM_CLIENT_ID" in os.environ or _on("ARM_USE_MSI"):
        return _as_the_plugin()
    if "AZURE_CLIENT_ID" in os.environ and "AZURE_TENANT_ID" in os.environ:
        return EnvironmentCredential()
    return AzureCliCredential()


def _as_the_plugin() -> "TokenCredential":
    from azure.identity import (
        AzureCliCredential,
        ClientAssertionCredential,
        ClientSecretCredential,
        ManagedIdentityCredential,
    )

    client = os.environ.get("ARM_CLIENT_ID", "")
    tenant = os.environ.get("ARM_TENANT_ID", "")
    if secret := os.environ.get("ARM_CLIENT_SECRET"):
        return ClientSecretCredential(tenant, client, secret)
    if _on("ARM_USE_OIDC"):
        return ClientAssertionCredential(tenant, client, _oidc_token)
    if _on("ARM_USE_MSI"):
        return ManagedIdentityCredential(client_id=client or None)
    return AzureCliCredential(tenant_id=tenant)


def _oidc_token() -> str:
    if token := os.environ.get("ARM_OIDC_TOKEN"):
        return token
    return Path(os.environ["ARM_OIDC_TOKEN_FILE_PATH"]).read_text(encoding="utf-8").strip()


def _on(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in {"1", "true"}
