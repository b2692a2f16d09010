"""A configured plugin: where it sends requests, as whom, and the stack's defaults."""

from __future__ import annotations

from collections.abc import Mapping

from local_azure.plugin import catalogue
from local_azure.plugin.arm import ArmClient, Deadline
from local_azure.plugin.errors import PluginError
from local_azure.plugin.resource_type import Function
from local_azure.plugin.shapes import resource_id, result_of
from local_azure.plugin.sign_in import Credentials, TokenSource
from local_azure.plugin.state import Lifecycle
from local_azure.plugin.transport import Home, Transport
from local_azure.plugin.values import Json, Properties, text

_GROUP_API_VERSION = "2020-10-01"


class Session:
    """Everything that Configure decides, for the lifetime of the plugin process.

    `config` is the stack's `azure-native:` settings. Raises PluginError when there is no local
    Azure to speak to, or nobody to speak as.
    """

    def __init__(self, config: Mapping[str, str], environment: Mapping[str, str]) -> None:
        home, credentials = Home.of(environment), Credentials.of(environment)
        self._transport = Transport(home)
        self._tokens = TokenSource(self._transport, credentials)
        self._arm = ArmClient(self._transport, self._tokens)
        self._location = config.get("location")
        self._group_locations: dict[str, str] = {}
        chosen = config.get("subscriptionId") or environment.get("AZURE_SUBSCRIPTION_ID")
        if not chosen:
            raise PluginError(
                "no subscription: set it with `pulumi config set azure-native:subscriptionId <id>`"
            )
        self._subscription_id = chosen
        self.lifecycle = Lifecycle(self._arm, subscription_id=chosen)

    def close(self) -> None:
        """Ends the connections to the local Azure."""
        self._transport.close()

    def location(self, inputs: Mapping[str, Json], *, deadline: Deadline) -> str | None:
        """The default location: the stack's, else that of the resource group in `inputs`."""
        group = text(inputs, "resourceGroupName")
        if self._location or not group:
            return self._location
        if group not in self._group_locations:
            path = f"/subscriptions/{self._subscription_id}/resourceGroups/{group}"
            try:
                answer = self._arm.get(path, _GROUP_API_VERSION, deadline=deadline)
            except PluginError:
                # As published: Check then says that the location is missing.
                return None
            self._group_locations[group] = text(answer, "location")
        return self._group_locations[group] or None

    def call(self, token: str, args: Mapping[str, Json], *, deadline: Deadline) -> Properties:
        """The result of a function of the SDK. Raises PluginError when it is not played."""
        if token == catalogue.CLIENT_CONFIG:
            return self._client_config()
        kind = catalogue.function(token)
        if kind is None:
            played = ", ".join(sorted((catalogue.CLIENT_CONFIG, *catalogue.function_tokens())))
            raise PluginError(f"the stand-in does not play the function {token}; it has {played}")
        answer = self._answer(kind, args, deadline=deadline)
        return result_of(kind, answer)

    def _answer(
        self, kind: Function, args: Mapping[str, Json], *, deadline: Deadline
    ) -> Properties:
        path = resource_id(kind, args, subscription_id=self._subscription_id)
        try:
            if kind.method == "POST":
                return self._arm.post(path, kind.api_version, deadline=deadline)
            return self._arm.get(path, kind.api_version, deadline=deadline)
        except PluginError as error:
            raise PluginError(f"request failed {path}: {error}") from error

    def _client_config(self) -> Properties:
        claims = self._tokens.claims()
        return {
            "clientId": self._tokens.client_id,
            "objectId": text(claims, "oid"),
            "subscriptionId": self._subscription_id,
            "tenantId": self._tokens.tenant_id,
        }
