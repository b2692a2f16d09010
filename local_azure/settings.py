"""What can be turned on a local Azure: delays, quotas, propagation. All near zero by default.

Given as `--setting name=value` to `start`, or through `/_local/settings` while it runs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

CLOUD_LIKE: Mapping[str, str] = {
    "endpoint_seconds": "60",
    "deployment_seconds": "300",
    "delete_seconds": "60",
    "retry_after": "10",
    "role_propagation_seconds": "120",
    "principal_replication_seconds": "30",
    "visible_after_seconds": "10",
    "name_reserved_seconds": "1200",
}
"""The profile `cloud`: roughly what an Azure region takes, from the threads in facts section 8."""
_EXCEPTION = re.compile(r"[^=]+=\s*[0-9]{1,9}")


class SettingError(Exception):
    """An unknown setting, or a value it cannot have; the message is for the user."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One value each; all times in seconds."""

    endpoint_seconds: float = 0.0
    """How long an endpoint stays in Creating or Updating."""
    deployment_seconds: float = 0.0
    """How long a deployment stays in Creating or Updating, on top of its real start."""
    delete_seconds: float = 0.0
    """How long a delete of an endpoint or a deployment takes."""
    retry_after: float = 0.1
    """Seconds a client is told to wait between two polls; below 1 as `x-ms-retry-after-ms`."""
    role_propagation_seconds: float = 0.0
    """How long a new role assignment does nothing yet."""
    principal_replication_seconds: float = 0.0
    """How long a fresh principal is unknown to assignments that do not state principalType."""
    visible_after_seconds: float = 0.0
    """How long a GET of a newly created deployment answers 404 after its PUT was accepted."""
    name_reserved_seconds: float = 0.0
    """How long the name of a deleted endpoint stays taken."""
    token_seconds: float = 3600.0
    """Lifetime of access tokens and of an endpoint's aml_token."""
    quota_cores: int = 100
    """Dedicated cores per VM family and region."""
    quota_by_family: str = ""
    """Exceptions to quota_cores: `standardDSv2Family=48,standardESv3Family=0`."""
    max_endpoints: int = 100
    """Online endpoints per subscription and region."""
    max_deployments: int = 500
    """Online deployments per subscription and region."""
    max_deployments_per_endpoint: int = 20
    """Online deployments of one endpoint."""
    max_kubernetes_endpoints: int = 60
    """Online endpoints per attached cluster."""
    max_kubernetes_deployments: int = 100
    """Online deployments per attached cluster."""
    metrics_seconds: float = 10.0
    """How often processors, memory and connections are sampled for Azure Monitor's metrics;
    0 is never."""
    fsync: int = 0
    """1: an answer waits until its write is on the disk, so that it survives a power cut too."""
    deployer_roles: str = "Owner"
    """Roles of the deployer on the resource group, by name, separated by commas.
    Read when the world is made."""

    def family_limit(self, family: str) -> int:
        """Cores allowed for a VM family."""
        for pair in self.quota_by_family.split(","):
            name, _, cores = pair.partition("=")
            if name.strip().lower() == family.lower() and cores.strip().isdigit():
                return int(cores)
        return self.quota_cores

    def with_values(self, values: Mapping[str, str]) -> Settings:
        """A copy with text values set; `profile=cloud` stands for all of `CLOUD_LIKE`, and
        `profile=test` for the defaults of the same.

        Raises `SettingError` for an unknown name or an unreadable value.
        """
        wanted = dict(values)
        profile = wanted.pop("profile", None)
        if profile is not None:
            if profile not in ("cloud", "test"):
                raise SettingError(f"profile {profile!r} is unknown: use cloud or test")
            near_zero = {name: str(getattr(Settings(), name)) for name in CLOUD_LIKE}
            wanted = {**(CLOUD_LIKE if profile == "cloud" else near_zero), **wanted}
        kinds = {field.name: str(field.type) for field in fields(self)}
        typed: dict[str, float | int | str] = {}
        for name, value in wanted.items():
            if name not in kinds:
                known = ", ".join(sorted(kinds))
                raise SettingError(f"setting {name!r} is unknown. Known: {known}")
            try:
                typed[name] = {"float": float, "int": int, "str": str}[kinds[name]](value)
            except ValueError as error:
                message = f"setting {name}={value!r} is not a number"
                raise SettingError(message) from error
            _refuse_impossible(name, typed[name])
        return replace(self, **typed)  # pyright: ignore[reportArgumentType] - typed by name above

    def as_texts(self) -> dict[str, str]:
        """All values as text, as `with_values` reads them."""
        return {name: str(value) for name, value in asdict(self).items()}


def _refuse_impossible(name: str, value: float | str) -> None:
    if not isinstance(value, str) and not 0 <= value < math.inf:
        raise SettingError(f"setting {name}={value} is out of range: 0 or more")
    if name == "quota_by_family" and isinstance(value, str):
        for pair in filter(None, (one.strip() for one in value.split(","))):
            if not _EXCEPTION.fullmatch(pair):
                raise SettingError(f"{name} holds {pair!r}, must be FAMILY=CORES,FAMILY=CORES")
