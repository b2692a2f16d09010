"""Microsoft.Insights: components, autoscale and diagnostic settings. Nothing is scaled, and no
diagnostics are sent; what a component receives is `telemetry`'s. With them the Log Analytics
workspace that diagnostics name."""

from __future__ import annotations

import uuid

from local_azure.arm.resource_type import Call, ResourceType
from local_azure.arm.shape import JsonObject, section, text
from local_azure.arm.store import Resource

COMPONENTS = "Microsoft.Insights/components"


def new_key() -> JsonObject:
    """What a component hides: the key that its connection string holds."""
    return {"instrumentationKey": str(uuid.uuid4())}


class Components(ResourceType):
    """Application Insights; what flows send to it can be read."""

    type = COMPONENTS
    read_only = ("InstrumentationKey", "ConnectionString", "AppId")

    async def accept(
        self, call: Call, body: JsonObject, existing: Resource | None
    ) -> tuple[JsonObject, JsonObject]:
        del call
        return body, existing.hidden if existing else new_key()

    def view(self, resource: Resource) -> JsonObject:
        view = super().view(resource)
        properties = section(view, "properties")
        key = text(resource.hidden, "instrumentationKey")
        location = text(view, "location")
        properties["InstrumentationKey"] = key
        properties["ConnectionString"] = (
            f"InstrumentationKey={key};IngestionEndpoint="
            f"https://{location}-0.in.applicationinsights.azure.com/"
        )
        view["properties"] = properties
        return view


class AutoscaleSettings(ResourceType):
    """Autoscale settings of deployments."""

    type = "Microsoft.Insights/autoscalesettings"
    has_state = False


class DiagnosticSettings(ResourceType):
    """Diagnostic settings of any resource."""

    type = "Microsoft.Insights/diagnosticSettings"
    anywhere = True
    has_state = False


class LogWorkspaces(ResourceType):
    """Log Analytics workspaces."""

    type = "Microsoft.OperationalInsights/workspaces"


TYPES: tuple[type[ResourceType], ...] = (
    Components,
    AutoscaleSettings,
    DiagnosticSettings,
    LogWorkspaces,
)
