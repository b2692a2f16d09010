"""Microsoft.Resources: subscriptions, resource groups, and who is registered with them."""

from __future__ import annotations

from local_azure.arm import errors
from local_azure.arm.ids import GROUP_TYPE, SUBSCRIPTION_TYPE
from local_azure.arm.resource_type import Call, Reply, ResourceType, Rule
from local_azure.arm.shape import JsonObject
from local_azure.arm.store import Resource


class Subscriptions(ResourceType):
    """The world's one subscription."""

    type = SUBSCRIPTION_TYPE
    verbs = ("GET", "LIST")
    has_state = False

    def permission(self, verb: str) -> str | None:
        return None if verb == "LIST" else f"{SUBSCRIPTION_TYPE}/read"

    def view(self, resource: Resource) -> JsonObject:
        return {
            "subscriptionId": resource.name,
            "tenantId": self.azure.world.tenant_id,
            "displayName": "local Azure",
            "state": "Enabled",
        }


class ResourceGroups(ResourceType):
    """Resource groups."""

    type = GROUP_TYPE
    rules = (
        Rule(
            id="group-delete",
            text="deleting one deletes what is in it",
        ),
    )

    def permission(self, verb: str) -> str | None:
        word = {"GET": "read", "LIST": "read", "DELETE": "delete"}.get(verb, "write")
        return f"Microsoft.Resources/subscriptions/resourceGroups/{word}"

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        del call, existing
        if not body.get("location"):
            raise errors.bad_request("A resource group needs a location.", code="LocationRequired")
        return body, {}


class Providers(ResourceType):
    """Resource providers: every one that is played is registered."""

    type = "Microsoft.Resources/providers"
    verbs = ("GET",)
    computed = True

    def permission(self, verb: str) -> str | None:
        del verb

    def computed_reply(self, call: Call) -> Reply:
        name = call.path.names[0]
        return Reply(
            body={
                "id": f"{call.path.scope}/providers/{name}",
                "namespace": name,
                "registrationState": "Registered",
                "registrationPolicy": "RegistrationRequired",
                "resourceTypes": [],
            }
        )


class Contents(ResourceType):
    """Everything in a resource group or the subscription, by id, name and type."""

    type = "Microsoft.Resources/resources"
    verbs = ("LIST",)
    computed = True

    def permission(self, verb: str) -> str | None:
        del verb
        return "Microsoft.Resources/subscriptions/resourceGroups/read"

    def listing(self, call: Call) -> list[JsonObject]:
        prefix = call.path.scope.lower() + "/"
        return [
            _brief(one)
            for one in self.azure.store.all()
            if one.id.lower().startswith(prefix) and one.id.count("/") == 8
        ]


def _brief(resource: Resource) -> JsonObject:
    return {
        "id": resource.id,
        "name": resource.name,
        "type": resource.type,
        "location": resource.body.get("location"),
    }


TYPES: tuple[type[ResourceType], ...] = (Subscriptions, ResourceGroups, Providers, Contents)
