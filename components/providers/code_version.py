"""CodeVersion: the folder with a scoring script, uploaded and registered.

For deployments that are no prompt flow: `code_configuration` with a folder.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

import pulumi
from pulumi import dynamic

from components.providers.azure_ml import Files, staged, workspace_client
from components.providers.registered_asset import Props, RegisteredAssetProvider


class _Codes(Protocol):
    """azure-ai-ml offers code assets to its own modules only."""

    def create_or_update(self, code: object) -> object: ...


class CodeVersionProvider(RegisteredAssetProvider):
    """Registers through azure-ai-ml, which uploads to a place that the service names."""

    noun = "code"
    collection = "codes"

    def register(self, props: Props) -> None:
        """Upload the folder, as `az ml online-deployment create` does on the way."""
        from azure.ai.ml.entities._assets import Code

        client = workspace_client(str(props["workspace_id"]))
        with staged(cast("Files", props["files"]), under="code") as folder:
            code = Code(name=str(props["name"]), version=str(props["version"]), path=str(folder))
            cast("_Codes", getattr(client, "_code")).create_or_update(code)  # noqa: B009


class CodeVersion(dynamic.Resource, module="flow-endpoints", name="CodeVersion"):
    """A code folder, at the version that its content names."""

    version: pulumi.Output[str]
    """The version registered last."""
    registered: pulumi.Output[Sequence[str]]
    """All versions that this resource registered."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: as `RegisteredAssetProvider` has it."""
        super().__init__(CodeVersionProvider(), name, {"registered": None, **props}, opts)
