"""Azure's built-in roles, as far as online endpoints need them.

Names, GUIDs and actions are those of Azure's list of built-in roles; only actions that no type
played here has are left out. Custom roles are resources (services/authorization).
"""

from __future__ import annotations

from dataclasses import dataclass

_ML = "Microsoft.MachineLearningServices/workspaces"
_REGISTRIES = "Microsoft.MachineLearningServices/registries"
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_OPENAI = "Microsoft.CognitiveServices/accounts/OpenAI"


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role definition: what it allows. Patterns may hold `*`, case does not count."""

    name: str
    guid: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    description: str = ""
    custom: bool = False


BUILT_IN: tuple[Role, ...] = (
    Role(name="Owner", guid="8e3af657-a8ff-443c-a75c-2fe8c4bcb635", actions=("*",)),
    Role(
        name="Contributor",
        guid="b24988ac-6180-42a0-ab88-20f7382dd24c",
        actions=("*",),
        not_actions=(
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ),
    ),
    Role(name="Reader", guid="acdd72a7-3385-48ef-bd42-f606fba81ae7", actions=("*/read",)),
    Role(
        name="User Access Administrator",
        guid="18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        actions=("*/read", "Microsoft.Authorization/*"),
    ),
    Role(
        name="Role Based Access Control Administrator",
        guid="f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        actions=(
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
        ),
    ),
    Role(
        name="AzureML Data Scientist",
        guid="f6c7c914-8db3-469d-8ca1-694a8f32e121",
        actions=(f"{_ML}/*/read", f"{_ML}/*/action", f"{_ML}/*/delete", f"{_ML}/*/write"),
        not_actions=(
            f"{_ML}/delete",
            f"{_ML}/write",
            f"{_ML}/computes/*/write",
            f"{_ML}/computes/*/delete",
            f"{_ML}/computes/listKeys/action",
            f"{_ML}/listKeys/action",
        ),
    ),
    Role(
        name="Azure Machine Learning Workspace Connection Secrets Reader",
        guid="ea01e6af-a1c1-4350-9563-ad00f8c72ec5",
        actions=(f"{_ML}/connections/listsecrets/action", f"{_ML}/metadata/secrets/read"),
    ),
    Role(
        name="AzureML Metrics Writer (preview)",
        guid="635dd51f-9968-44d3-b7fb-6d9a6bd613ae",
        actions=(f"{_ML}/metrics/*/write",),
    ),
    Role(
        name="AzureML Registry User",
        guid="1823dd4f-9b8c-4ab6-ab4e-7397a3684615",
        actions=(f"{_REGISTRIES}/read", f"{_REGISTRIES}/assets/*"),
    ),
    Role(
        name="AcrPull",
        guid="7f951dda-4ed3-4680-a7ca-43fe172d538d",
        actions=("Microsoft.ContainerRegistry/registries/pull/read",),
    ),
    Role(
        name="AcrPush",
        guid="8311e382-0749-4cb8-b61a-304f252e45ec",
        actions=(
            "Microsoft.ContainerRegistry/registries/pull/read",
            "Microsoft.ContainerRegistry/registries/push/write",
        ),
    ),
    Role(
        name="Storage Blob Data Reader",
        guid="2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        actions=(f"{_BLOBS}/containers/read", f"{_BLOBS}/generateUserDelegationKey/action"),
        data_actions=(f"{_BLOBS}/containers/blobs/read",),
    ),
    Role(
        name="Storage Blob Data Contributor",
        guid="ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        actions=(
            f"{_BLOBS}/containers/delete",
            f"{_BLOBS}/containers/read",
            f"{_BLOBS}/containers/write",
            f"{_BLOBS}/generateUserDelegationKey/action",
        ),
        data_actions=(
            f"{_BLOBS}/containers/blobs/delete",
            f"{_BLOBS}/containers/blobs/read",
            f"{_BLOBS}/containers/blobs/write",
            f"{_BLOBS}/containers/blobs/move/action",
            f"{_BLOBS}/containers/blobs/add/action",
        ),
    ),
    Role(
        name="Cognitive Services OpenAI User",
        guid="5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        actions=("Microsoft.CognitiveServices/*/read",),
        data_actions=(
            f"{_OPENAI}/*/read",
            f"{_OPENAI}/engines/completions/action",
            f"{_OPENAI}/engines/embeddings/action",
            f"{_OPENAI}/engines/chat/completions/action",
            f"{_OPENAI}/deployments/completions/action",
            f"{_OPENAI}/deployments/embeddings/action",
            f"{_OPENAI}/deployments/chat/completions/action",
            f"{_OPENAI}/images/generations/action",
        ),
    ),
    Role(
        name="Cognitive Services OpenAI Contributor",
        guid="a001fd3d-188f-4b5d-821b-7da978bf7442",
        actions=(
            "Microsoft.CognitiveServices/*/read",
            "Microsoft.CognitiveServices/accounts/deployments/write",
            "Microsoft.CognitiveServices/accounts/deployments/delete",
        ),
        data_actions=(f"{_OPENAI}/*",),
    ),
    Role(
        name="Cognitive Services User",
        guid="a97b65f3-24c7-4388-baec-2e87135dc908",
        actions=(
            "Microsoft.CognitiveServices/*/read",
            "Microsoft.CognitiveServices/accounts/listkeys/action",
        ),
        data_actions=("Microsoft.CognitiveServices/*",),
    ),
    Role(
        name="Managed Identity Operator",
        guid="f1a07417-d97a-45cb-824c-7a7467783830",
        actions=(
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ),
    ),
    Role(
        name="Managed Identity Contributor",
        guid="e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
        actions=(
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/write",
            "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ),
    ),
    Role(
        name="Monitoring Reader", guid="43d0d8ad-25c7-4714-9337-8ba259a9fe05", actions=("*/read",)
    ),
    Role(
        name="Monitoring Contributor",
        guid="749f88d5-cbae-40b8-bcfc-e573ddc772fa",
        actions=(
            "*/read",
            "Microsoft.Insights/AutoscaleSettings/*",
            "Microsoft.Insights/DiagnosticSettings/*",
            "Microsoft.Insights/components/*",
        ),
    ),
)

_BY_GUID = {role.guid: role for role in BUILT_IN}
_BY_NAME = {role.name.lower(): role for role in BUILT_IN}


def built_in(name_or_guid: str) -> Role | None:
    """A built-in role by its name or GUID, in any case."""
    wanted = name_or_guid.lower()
    return _BY_GUID.get(wanted) or _BY_NAME.get(wanted)


ACR_PULL = _BY_NAME["acrpull"]
BLOB_READER = _BY_NAME["storage blob data reader"]
METRICS_WRITER = _BY_NAME["azureml metrics writer (preview)"]
SECRETS_READER = _BY_NAME["azure machine learning workspace connection secrets reader"]
