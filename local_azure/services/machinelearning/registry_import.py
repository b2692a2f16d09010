"""`import` of a registry: a workspace's model or environment is shared (`az ml model share`)."""

from __future__ import annotations

import re

from local_azure.arm import errors
from local_azure.arm.resource_type import Action, Call, Reply
from local_azure.arm.shape import JsonObject, copied, section, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure
from local_azure.services.machinelearning import pending_uploads, references
from local_azure.services.machinelearning.assets import ensure_container
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE

_SOURCE = re.compile(
    r"^azureml://locations/[^/]+/workspaces/(?P<workspace>[^/]+)/"
    r"(?P<kind>models|environments)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)$",
    re.IGNORECASE,
)


def action(azure: Azure) -> Action:
    """`import`: copies the record and the files."""

    async def share(call: Call, registry: Resource) -> Reply:
        wanted = section(call.body, "properties")
        source = _source(azure, call, text(wanted, "sourceAssetId"))
        kind, name, version = source.id.split("/")[-4], source.id.split("/")[-3], source.name
        name = text(wanted, "destinationName", default=name)
        version = text(wanted, "destinationVersion", default=version)
        identifier = f"{registry.id}/{kind}/{name}/versions/{version}"
        if azure.store.get(identifier) is not None:
            raise errors.conflict(
                f"Registry {registry.name} has {kind.removesuffix('s')} {name}:{version} already; "
                "an asset version cannot be changed. Share it under another version."
            )
        copy = Resource(
            id=identifier,
            type=f"{registry.type}/{kind}/versions",
            body=await _body(azure, source),
            created_by=call.caller.client_id,
            changed_by=call.caller.client_id,
        )
        azure.store.put(copy)
        ensure_container(azure, copy, by=call.caller.client_id)
        return Reply()  # without a body: azure-ai-ml then reads the new version

    return Action(run=share, permission="assets/write")


def _source(azure: Azure, call: Call, identifier: str) -> Resource:
    match = _SOURCE.match(identifier)
    if match is None:
        raise errors.bad_request(
            f"sourceAssetId is '{identifier}', must be azureml://locations/LOCATION/workspaces/"
            "WORKSPACE-GUID/{models or environments}/NAME/versions/VERSION."
        )
    kind, singular = match["kind"].lower(), match["kind"].lower().removesuffix("s")
    for workspace in azure.store.under("", WORKSPACE):
        if text(workspace.hidden, "workspaceId").lower() == match["workspace"].lower():
            held = azure.store.get(
                f"{workspace.id}/{kind}/{match['name']}/versions/{match['version']}"
            )
            permission = f"{WORKSPACE}/{kind}/versions/read"
            if not azure.access.may(call.caller.object_id, permission, workspace.id):
                raise errors.authorization_failed(
                    call.caller.client_id, call.caller.object_id, permission, workspace.id
                )
            if held is not None:
                return held
    raise errors.bad_request(
        f"The {singular} {match['name']}:{match['version']} was not found in a workspace with "
        f"the id {match['workspace']}.",
        detail=f"{singular.title()}NotFound",
    )


async def _body(azure: Azure, source: Resource) -> JsonObject:
    """The source's body, with its files in a container of their own."""
    body = copied(source.body)
    properties = section(body, "properties")
    workspace = source.id.rsplit("/", 4)[0]
    uri = text(properties, "modelUri")
    if uri:
        held = references.files_uri(azure, workspace, uri)
        properties["modelUri"] = await _copied(azure, held)
    build = section(properties, "build")
    if build:
        build["contextUri"] = f"{await _copied(azure, text(build, 'contextUri'))}/"
    return body


async def _copied(azure: Azure, uri: str) -> str:
    """Copy a blob folder, or one blob, to a new container; its URI there."""
    container, path = azure.blobs.split(uri)
    place = text(await pending_uploads.new_place(azure), "blobUri")
    to, _ = azure.blobs.split(place)
    above = path.rpartition("/")[0]
    for name in await azure.blobs.names(container, path):
        if name == path or name.startswith(f"{path}/"):
            content = await azure.blobs.read(container, name)
            await azure.blobs.write(to, name.removeprefix(above).lstrip("/"), content)
    return f"{place}/{path.rpartition('/')[2]}"
