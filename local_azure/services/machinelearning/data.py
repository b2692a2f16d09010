"""Registered data: azure-ai-ml makes an asset for each collection of a data collector."""

from __future__ import annotations

from local_azure.services.machinelearning.assets import Containers, Versions
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE


class Data(Containers):
    """Data containers."""

    type = f"{WORKSPACE}/data"


class DataVersions(Versions):
    """Data versions: a URI and its kind. Nothing looks behind the URI."""

    type = f"{WORKSPACE}/data/versions"
    frozen = ("dataUri", "dataType")
