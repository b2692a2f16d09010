"""Where a client may put the files of an asset that it is about to register.

Each answer names a new container of the world's storage account and a SAS to write to it, as the
service does: asking twice gives two places. What nobody registers afterwards is left behind.
"""

from __future__ import annotations

import uuid

from local_azure.arm import errors
from local_azure.arm.resource_type import Action, Call
from local_azure.arm.shape import JsonObject, JsonValue, text
from local_azure.arm.store import Resource
from local_azure.azure import Azure

KIND = "TemporaryBlobReference"
SECONDS = 3600.0
TO_WRITE = "racwl"
TO_READ = "rl"


def action(azure: Azure) -> Action:
    """`startPendingUpload` of an asset version, which need not exist yet."""

    async def start(call: Call, resource: Resource) -> JsonValue:
        del resource
        kind = text(call.body, "pendingUploadType", default=KIND)
        if kind.lower() not in (KIND.lower(), "none"):
            raise errors.bad_request(f"pendingUploadType is '{kind}', must be {KIND}.")
        identifier = text(call.body, "pendingUploadId") or str(uuid.uuid4())
        return {
            "pendingUploadId": identifier,
            "pendingUploadType": KIND,
            "blobReferenceForConsumption": await new_place(azure),
        }

    return Action(run=start, permission="write", ahead=True)


async def new_place(azure: Azure) -> JsonObject:
    """An empty container, with a SAS that can write to it."""
    name = str(uuid.uuid4())
    await azure.blobs.make_container(name)
    return place(azure, name, permissions=TO_WRITE)


def place(azure: Azure, container: str, *, permissions: str) -> JsonObject:
    """The container as a blob reference: its URI, and the same with a SAS."""
    world = azure.world
    account = f"{world.group}/providers/Microsoft.Storage/storageAccounts/{world.storage_account}"
    signed = azure.blobs.signed(container, permissions=permissions, seconds=SECONDS)
    return {
        "blobUri": f"{azure.blobs.url}/{container}",
        "storageAccountArmId": account,
        "credential": {"credentialType": "SAS", "sasUri": signed},
    }
