"""What all services of one world share. Built once by `server`, handed to every resource type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from local_azure.arm.operations import Operations
from local_azure.arm.rbac import Access
from local_azure.arm.snapshot import Snapshot
from local_azure.arm.store import Resource, Store
from local_azure.blobs import Blobs
from local_azure.directory import Directory
from local_azure.faults import Faults
from local_azure.serving.counters import Minute
from local_azure.serving.placement import Placement
from local_azure.settings import Settings
from local_azure.tokens import TokenIssuer
from local_azure.world import World


@dataclass(kw_only=True)
class Azure:
    """One world, running."""

    world: World
    settings: Settings
    snapshot: Snapshot
    directory: Directory
    access: Access
    tokens: TokenIssuer
    blobs: Blobs
    operations: Operations
    faults: Faults = field(default_factory=Faults)
    minutes: Callable[[str], Sequence[Minute]] = lambda _: ()
    """What was counted of a deployment or an endpoint (ARM id), by the minute."""
    forget_counts: Callable[[str], None] = lambda _: None
    """Drop what was counted of an endpoint (ARM id); of a deployment, `placement.remove` does."""
    placement: Placement = field(init=False)
    """Set right after construction: it needs this object to answer for the platform."""
    http_url: str = ""
    """`http://127.0.0.1:PORT` of the plain site: the endpoints' scoring URIs begin with it."""

    def age_of(self, resource: Resource) -> float:
        """Seconds since a resource was created."""
        created = datetime.fromisoformat(resource.created_at.replace("Z", "+00:00"))
        return (datetime.now(timezone.utc) - created).total_seconds()

    @property
    def store(self) -> Store:
        """The resources."""
        return self.snapshot.store
