"""Where endpoints answer on the plain site: below these paths, with `/score` and the like added.

A managed endpoint has a host name of its own in the cloud, so its name says it all. One on
Kubernetes answers at its cluster's address, `http://CLUSTER/api/v1/endpoint/NAME/score`; the
clusters of a world share its site, so that a prefix that no endpoint may be named tells them apart.
"""

from __future__ import annotations

import hashlib
import re

MANAGED_ROUTE = r"/{endpoint}/{path:[\s\S]*}"
KUBERNETES_ROUTE = r"/_kubernetes/{cluster}/api/v1/endpoint/{endpoint}/{path:[\s\S]*}"


def managed(name: str) -> str:
    """The path of a managed endpoint."""
    return f"/{name}"


def on_kubernetes(cluster: str, name: str) -> str:
    """The path of an endpoint on a cluster, given by its `label`."""
    return f"/_kubernetes/{cluster}/api/v1/endpoint/{name}"


def label(cluster_id: str) -> str:
    """A short name that only this cluster has, out of its ARM id in any case."""
    known = cluster_id.lower().rstrip("/")
    name = re.sub(r"[^a-z0-9-]", "-", known.rsplit("/", 1)[-1])
    return f"{name}-{hashlib.sha256(known.encode()).hexdigest()[:8]}"
