"""Microsoft.Insights: components, autoscale and diagnostic settings. Kept and shown; nothing is
scaled or sent anywhere. With them the Log Analytics workspace that diagnostics name."""

from __future__ import annotations

from local_azure.arm.resource_type import ResourceType
from local_azure.arm.shape import JsonObject, section, text
from local_azure.arm.store import Resource

COMPONENTS = "Microsoft.Insights/components"


class Components(ResourceType):
    """Application Insights."""

    type = COMPONENTS
    read_only = ("InstrumentationKey", "ConnectionString", "AppId")

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
