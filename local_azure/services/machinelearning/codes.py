"""Registered code folders, for deployments with a scoring script."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm.envelope import listed
from local_azure.arm.resource_type import Action, Call, Reply
from local_azure.arm.shape import text
from local_azure.services.machinelearning import pending_uploads
from local_azure.services.machinelearning.assets import Containers, Versions
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE


class Codes(Containers):
    """Code containers."""

    type = f"{WORKSPACE}/codes"


class CodeVersions(Versions):
    """Code versions.

    A list with `hash` has those of that content: azure-ai-ml asks before it uploads, and takes
    the first.
    """

    type = f"{WORKSPACE}/codes/versions"
    frozen = ("codeUri",)

    def actions(self) -> Mapping[str, Action]:
        return {"startPendingUpload": pending_uploads.action(self.azure)}

    def collection_reply(self, call: Call) -> Reply | None:
        wanted = call.query.get("hash")
        if wanted is None:
            return None
        held = self.azure.store.get(call.path.owner().id)
        versions = self.azure.store.children(held.id, self.type) if held else []
        same = [
            one for one in versions if text(one.properties, "properties", "hash_sha256") == wanted
        ]
        return Reply(body=listed(same, self, call))
