"""What a deployment points at: model, environment and code versions, and where their files are."""

from __future__ import annotations

import re

from local_azure.arm import errors
from local_azure.arm.errors import ArmError
from local_azure.arm.shape import section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services.machinelearning.assets import newest
from local_azure.services.machinelearning.registry_names import TYPE as REGISTRY
from local_azure.services.machinelearning.registry_names import registry_named
from local_azure.serving.placement import EnvironmentSpec

REGISTRIES = "azureml://registries/"
LATEST = "latest"
_VERSION = re.compile(
    r"^(?:azureml:/?)?(?P<workspace>/subscriptions/.+?/workspaces/[^/]+)/"
    r"(?P<kind>models|environments|codes)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)$",
    re.IGNORECASE,
)
_IN_REGISTRY = re.compile(
    r"^azureml://registries/(?P<registry>[^/]+)/(?P<kind>[^/]+)/(?P<name>[^/]+)/"
    r"(?P<how>versions|labels)/(?P<version>[^/]+)$",
    re.IGNORECASE,
)
_DATASTORE = re.compile(
    r"^azureml://(?:subscriptions/[^/]+/resourcegroups/[^/]+/workspaces/[^/]+/)?"
    r"datastores/(?P<datastore>[^/]+)/paths/(?P<path>.+)$",
    re.IGNORECASE,
)


def version_of(azure: Azure, kind: str, identifier: str) -> Resource:
    """The stored asset version that a deployment names, in a workspace or in a registry.

    Raises a 400 for a reference that is no id of this world, or names nothing.
    """
    singular = kind.removesuffix("s")
    if identifier.lower().startswith(REGISTRIES):
        return _in_registry(azure, kind, identifier)
    match = _VERSION.match(identifier)
    if match is None or match["kind"].lower() != kind:
        raise errors.bad_request(
            f"'{identifier}' is no ARM id of a {singular} version "
            f"(…/workspaces/NAME/{kind}/NAME/versions/VERSION), and no reference to a registry "
            f"({REGISTRIES}REGISTRY/{kind}/NAME/versions/VERSION)."
        )
    held = azure.store.get(identifier[match.start("workspace") :])
    if held is None:
        raise _absent(singular, f"{match['name']}:{match['version']}", match["workspace"])
    return held


def _in_registry(azure: Azure, kind: str, identifier: str) -> Resource:
    """azure-ai-ml passes such references on as they are written, labels included."""
    singular = kind.removesuffix("s")
    match = _IN_REGISTRY.match(identifier)
    if match is None or match["kind"].lower() != kind:
        raise errors.bad_request(
            f"'{identifier}' names no {singular} version of a registry "
            f"({REGISTRIES}REGISTRY/{kind}/NAME/versions/VERSION, or …/NAME/labels/latest).",
            detail="InvalidRegistryReference",
        )
    registry = registry_named(azure, match["registry"])
    if registry is None:
        raise errors.bad_request(
            f"The registry {match['registry']} of {identifier} was not found.",
            detail="RegistryNotFound",
        )
    container, version = f"{registry.id}/{kind}/{match['name']}", match["version"]
    if match["how"].lower() == "versions":
        held = azure.store.get(f"{container}/versions/{version}")
    elif version.lower() == LATEST:
        held = newest(azure.store.children(container, f"{REGISTRY}/{kind}/versions"))
    else:
        raise errors.bad_request(
            f"The label {version} of {identifier} is unknown; there is {LATEST}.",
            detail="InvalidRegistryReference",
        )
    if held is None:
        mark = "@" if match["how"].lower() == "labels" else ":"
        raise _absent(singular, f"{match['name']}{mark}{version}", f"registry {registry.name}")
    return held


def _absent(singular: str, name: str, place: str) -> ArmError:
    return errors.bad_request(
        f"The {singular} {name} was not found in {place}.", detail=f"{singular.title()}NotFound"
    )


def files_uri(azure: Azure, workspace_id: str, uri: str) -> str:
    """The https form of a model or code URI; datastore URIs are looked up in the workspace."""
    match = _DATASTORE.match(uri)
    if match is None:
        return uri
    datastore = azure.store.get(f"{workspace_id}/datastores/{match['datastore']}")
    if datastore is None:
        raise errors.bad_request(f"The datastore of {uri} was not found in {workspace_id}.")
    account = text(datastore.properties, "accountName")
    container = text(datastore.properties, "containerName")
    return f"https://{account}.blob.core.windows.net/{container}/{match['path']}"


def environment_spec(version: Resource) -> EnvironmentSpec:
    """A stored environment version as serving wants it."""
    properties = version.properties
    context = text(properties, "build", "contextUri")
    routes = section(properties, "inferenceConfig")
    return EnvironmentSpec(
        name=version.id.split("/")[-3],
        version=version.name,
        image=text(properties, "image") or None,
        conda_file=text(properties, "condaFile") or None,
        build_context=f"{context.rstrip('/')}/" if context else None,
        dockerfile_path=text(properties, "build", "dockerfilePath") or None,
        inference_config=dict(routes) if routes else None,
    )
