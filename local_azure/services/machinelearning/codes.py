"""Registered code folders, for deployments with a scoring script."""

from __future__ import annotations

from local_azure.services.machinelearning.assets import Containers, Versions
from local_azure.services.machinelearning.workspaces import TYPE as WORKSPACE


class Codes(Containers):
    """Code containers."""

    type = f"{WORKSPACE}/codes"


class CodeVersions(Versions):
    """Code versions."""

    type = f"{WORKSPACE}/codes/versions"
    frozen = ("codeUri",)
