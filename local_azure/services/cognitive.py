"""Microsoft.CognitiveServices: Azure OpenAI accounts and their model deployments."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.arm.resource_type import Action, Call, ResourceType
from local_azure.arm.shape import JsonObject, JsonValue, section, text
from local_azure.arm.store import Resource

TYPE = "Microsoft.CognitiveServices/accounts"


class Accounts(ResourceType):
    """Azure OpenAI accounts; `https://NAME.openai.azure.com/` is answered by the stand-in."""

    type = TYPE
    read_only = ("endpoint", "endpoints", "internalId", "dateCreated", "callRateLimit")

    def actions(self) -> Mapping[str, Action]:
        return {"listKeys": Action(run=self._list_keys, permission="listKeys/action")}

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        del call
        body.setdefault("kind", "OpenAI")
        body.setdefault("sku", {"name": "S0"})
        hidden: JsonObject = {**(existing.hidden if existing else {})}
        hidden.setdefault("key", self.azure.world.openai_key)
        return body, hidden

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        properties["endpoint"] = f"https://{resource.name.lower()}.openai.azure.com/"
        view["properties"] = properties
        return view

    async def _list_keys(self, call: Call, account: Resource) -> JsonValue:
        del call
        key = text(account.hidden, "key")
        return {"key1": key, "key2": key}


class Deployments(ResourceType):
    """Model deployments of an Azure OpenAI account."""

    type = f"{TYPE}/deployments"


TYPES: tuple[type[ResourceType], ...] = (Accounts, Deployments)
