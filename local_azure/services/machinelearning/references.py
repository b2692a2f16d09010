"""What a deployment points at: model, environment and code versions, and where their files are."""

from __future__ import annotations

import re

from local_azure.arm import errors
from local_azure.arm.shape import section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.serving.placement import EnvironmentSpec

_VERSION = re.compile(
    r"^(?:azureml:/?)?(?P<workspace>/subscriptions/.+?/workspaces/[^/]+)/"
    r"(?P<kind>models|environments|codes)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)$",
    re.IGNORECASE,
)
_DATASTORE = re.compile(
    r"^azureml://(?:subscriptions/[^/]+/resourcegroups/[^/]+/workspaces/[^/]+/)?"
    r"datastores/(?P<datastore>[^/]+)/paths/(?P<path>.+)$",
    re.IGNORECASE,
)


def version_of(azure: Azure, kind: str, identifier: str) -> Resource:
    """The stored asset version that a deployment names.

    Raises a 400 for a reference that is no id of this world, or names nothing.
    """
    singular = kind.removesuffix("s")
    if identifier.lower().startswith("azureml://registries/"):
        raise errors.bad_request(
            f"The {singular} {identifier} lies in a registry; the local Azure plays none. "
            "Register it in the workspace, or name an image.",
            detail="InvalidRegistryReference",
        )
    match = _VERSION.match(identifier)
    if match is None or match["kind"].lower() != kind:
        raise errors.bad_request(
            f"'{identifier}' is no ARM id of a {singular} version "
            f"(…/workspaces/NAME/{kind}/NAME/versions/VERSION)."
        )
    held = azure.store.get(identifier[match.start("workspace") :])
    if held is None:
        raise errors.bad_request(
            f"The {singular} {match['name']}:{match['version']} was not found in "
            f"{match['workspace']}.",
            detail=f"{singular.title()}NotFound",
        )
    return held


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
