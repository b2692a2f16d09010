"""VM sizes and quota: cores per family, with the reserve that upgrades need (facts section 2)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from local_azure.arm.resource_type import Call, ResourceType
from local_azure.arm.shape import JsonObject, JsonValue, number, section, text
from local_azure.azure import Azure
from local_azure.services.machinelearning.workspaces import DEPLOYMENTS

DEFAULT_SIZE = "Standard_F4s_v2"
_DATA = Path(__file__).parents[2] / "data" / "managed-endpoint-skus.json"


@dataclass(frozen=True, kw_only=True)
class VmSize:
    """A VM size that managed online endpoints support."""

    name: str
    family: str
    cores: int
    gpus: int
    skip_reservation: bool

    def cores_for(self, instances: int) -> int:
        """Cores of quota that so many instances take: one in five more, rounded up to whole
        instances, but for sizes without that reserve."""
        count = instances if self.skip_reservation else math.ceil(1.2 * instances - 1e-9)
        return count * self.cores


@lru_cache(maxsize=1)
def vm_sizes() -> Mapping[str, VmSize]:
    """All supported sizes, by their name in upper case."""
    document = json.loads(_DATA.read_text("utf-8"))
    found: dict[str, VmSize] = {}
    for name, entry in section(document, "skus").items():
        found[name.upper()] = VmSize(
            name=name.title().replace("_V", "_v"),
            family=text(entry, "family"),
            cores=int(number(entry, "cores")),
            gpus=int(number(entry, "gpus")),
            skip_reservation=section(entry).get("skip_reservation") is True,
        )
    return found


def vm_size(name: str) -> VmSize | None:
    """A size by name, in any case."""
    return vm_sizes().get(name.upper())


def used_cores(azure: Azure, location: str, *, but: str = "") -> dict[str, int]:
    """Cores of quota in use per family in a region; the deployment with id `but` not counted."""
    used: dict[str, int] = {}
    for deployment in azure.store.under(azure.world.subscription, DEPLOYMENTS):
        if deployment.id.lower() == but.lower():
            continue
        body = deployment.body
        if text(body, "location").lower() != location.lower():
            continue
        if text(body, "properties", "endpointComputeType") != "Managed":
            continue
        size = vm_size(text(body, "properties", "instanceType"))
        if size is not None:
            count = int(number(body, "sku", "capacity", default=1))
            used[size.family] = used.get(size.family, 0) + size.cores_for(count)
    return used


class Usages(ResourceType):
    """Cores in use and allowed, per VM family of a region."""

    type = "Microsoft.MachineLearningServices/locations/usages"
    verbs = ("LIST",)
    computed = True

    def listing(self, call: Call) -> list[JsonObject]:
        location = call.path.names[0]
        used = used_cores(self.azure, location)
        families = sorted({size.family for size in vm_sizes().values()})
        return [self._entry(location, family, used.get(family, 0)) for family in families]

    def _entry(self, location: str, family: str, used: int) -> JsonObject:
        name: JsonObject = {"value": family, "localizedValue": family}
        return {
            "id": (
                f"{self.azure.world.subscription}/providers/Microsoft.MachineLearningServices/"
                f"locations/{location}/usages/{family}"
            ),
            "amlWorkspaceLocation": location,
            "type": "Microsoft.MachineLearningServices/locations/usages",
            "unit": "Count",
            "currentValue": used,
            "limit": self.azure.settings.family_limit(family),
            "name": name,
        }


class VmSizes(ResourceType):
    """The sizes a region offers."""

    type = "Microsoft.MachineLearningServices/locations/vmSizes"
    verbs = ("LIST",)
    computed = True

    def listing(self, call: Call) -> list[JsonObject]:
        del call
        kinds: list[JsonValue] = ["AmlCompute", "OnlineEndpoint"]
        return [
            {
                "name": size.name,
                "family": size.family,
                "vCPUs": size.cores,
                "gpus": size.gpus,
                "osVhdSizeMB": 1047552,
                "maxResourceVolumeMB": 0,
                "memoryGB": 0,
                "lowPriorityCapable": False,
                "premiumIO": True,
                "supportedComputeTypes": kinds,
            }
            for size in vm_sizes().values()
        ]
