"""Workspace connections. Their credentials leave only through listsecrets, which is checked
for the caller: that is the role that deployments most often miss."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm.envelope import shown
from local_azure.arm.resource_type import Action, Call, ResourceType, Rule
from local_azure.arm.shape import JsonObject, JsonValue, copied, section, text
from local_azure.arm.store import Resource
from local_azure.services.machinelearning import names
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE

TYPE = f"{WORKSPACE}/connections"


class Connections(ResourceType):
    """Connections of a workspace."""

    type = TYPE
    has_state = False
    created_status = 200
    read_only = ("createdByWorkspaceArmId", "group")
    rules = (
        Rule(
            id="connection-name",
            text="the name has 3 to 33 letters, digits, - or _",
            fact="1",
        ),
        Rule(
            id="connection-secrets",
            text="credentials are shown by listsecrets only, to who may "
            "connections/listsecrets/action",
            fact="4",
        ),
    )

    def actions(self) -> Mapping[str, Action]:
        return {
            "listsecrets": Action(run=self._list_secrets, permission="listsecrets/action"),
        }

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        names.check_holder("Connection", call.path.names[-1])
        properties = section(body, "properties")
        hidden: JsonObject = {**(existing.hidden if existing else {})}
        credentials = properties.pop("credentials", None)
        if isinstance(credentials, dict):
            hidden["credentials"] = credentials
        return body, hidden

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        properties["credentials"] = None
        properties.setdefault("metadata", {})
        properties.setdefault("isSharedToAll", True)
        properties.setdefault("sharedUserList", [])
        properties["group"] = _group(text(properties, "category"))
        return view

    def listing(self, call: Call) -> list[JsonObject] | None:
        """Those of one category, when the query names one."""
        category = call.query.get("category", "").lower()
        if not category:
            return None
        held = self.azure.store.children(call.path.owner().id, self.type)
        return [
            shown(one, self) for one in held if text(one.properties, "category").lower() == category
        ]

    async def _list_secrets(self, call: Call, connection: Resource) -> JsonValue:
        del call
        body: JsonObject = {"id": connection.id, "name": connection.name, "type": connection.type}
        return {**body, "properties": with_credentials(connection)}


def with_credentials(connection: Resource) -> JsonObject:
    """A connection's properties, with its credentials."""
    properties = copied(connection.properties)
    if "credentials" in connection.hidden:
        properties["credentials"] = copied(section(connection.hidden, "credentials"))
    return properties


def _group(category: str) -> str:
    if category in ("AzureOpenAI", "OpenAI", "Serverless", "CognitiveService", "AIServices"):
        return "AzureAI"
    return "GenericProtocol" if category == "CustomKeys" else "Azure"
