"""Monitoring: where traces and metrics of a deployment go."""

from __future__ import annotations

from collections.abc import Iterator

from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT
from specs.rules.subjects import DeploymentCase

_TRACING = "the article, Collect tracing data and system metrics during inference time"

CONNECTION_STRING = "APPLICATIONINSIGHTS_CONNECTION_STRING"


@DEPLOYMENT.rule("app-insights-both", "warning", source=_TRACING)
def one_way(case: DeploymentCase) -> Iterator[Problem]:
    """Traces go to the workspace's Application Insights or to one of your own, not to both."""
    if case.part.flag("app_insights_enabled") and CONNECTION_STRING in case.variables:
        yield Problem(
            f"app_insights_enabled and {CONNECTION_STRING} are both set; everything goes to the "
            "one that is linked to the workspace, nothing to yours",
            "Keep the variable alone for your own, or app_insights_enabled alone.",
            case.variable_place(CONNECTION_STRING),
        )


@DEPLOYMENT.rule("app-insights-unlinked", "warning", source=_TRACING)
def linked(case: DeploymentCase) -> Iterator[Problem]:
    """app_insights_enabled needs an Application Insights linked to the workspace.

    Looked at only where the workspace could be read.
    """
    if case.part.flag("app_insights_enabled") and case.circumstances.app_insights_linked is False:
        yield Problem(
            "app_insights_enabled is true, but the workspace has no linked Application Insights; "
            "no data would be collected, without any error",
            f"Link one to the workspace, or set {CONNECTION_STRING}.",
            case.part.place("app_insights_enabled"),
        )
