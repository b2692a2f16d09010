"""Where things live: the workspace that a stack deploys into, and ARM ids below it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Workspace:
    """An Azure ML workspace."""

    subscription_id: str
    resource_group: str
    name: str
    location: str
    """Azure region of endpoints and deployments, as `westeurope`."""

    @property
    def group_id(self) -> str:
        """ARM id of the resource group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    @property
    def id(self) -> str:
        """ARM id of the workspace."""
        provider = "Microsoft.MachineLearningServices"
        return f"{self.group_id}/providers/{provider}/workspaces/{self.name}"

    def asset_id(self, kind: str, name: str, *, version: str) -> str:
        """ARM id of a version of an asset; `kind` is `models`, `environments`, `codes`, `data`."""
        return f"{self.id}/{kind}/{name}/versions/{version}"
