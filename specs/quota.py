"""Cores: what VM sizes have, what deployments reserve of them, and whether a quota holds it.

Owns the table of sizes (data/managed-endpoint-skus.json) and the ledger: cores per VM family
at the worst step of a rollout. Pure arithmetic: live usage is read elsewhere and handed in.

The worst step, spelled out:

- Deployments of one update live side by side: green is up before blue goes, and what an
  update removes is removed at its very end. So all of them count, and nothing running is freed.
- An in-place update of a running deployment needs no second set of instances: the reserve of
  20 % is what the service upgrades in. Only growth counts.
- A running deployment that moves to another VM size counts with both sizes.
- Kubernetes deployments run on the cluster's own nodes and use none of this quota.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

_TABLE = Path(__file__).with_name("data") / "managed-endpoint-skus.json"

Usage = Mapping[str, tuple[int, int]]
"""VM family -> (cores in use, limit), as the workspace's region reports them."""


@dataclass(frozen=True, kw_only=True)
class VmSize:
    """One VM size that managed endpoints accept."""

    name: str
    """As Microsoft's list spells it: `STANDARD_DS3_V2`. Sizes are compared without case."""
    family: str
    """The quota it counts against: `standardDSv2Family`."""
    cores: int
    skip_reservation: bool
    """True when the service adds no 20 % for upgrades (large GPU sizes)."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What one managed deployment asks for."""

    endpoint: str
    deployment: str
    instance_type: str
    instances: int

    @property
    def key(self) -> tuple[str, str]:
        """Which deployment it is; names of Azure ML are compared without case."""
        return (self.endpoint.lower(), self.deployment.lower())


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """One VM family at the worst step of the rollout. All numbers are cores."""

    family: str
    total: int
    """All deployments of the stack together, reserve included."""
    added: int
    """What comes on top of what runs already (equal to `total` when nothing runs)."""
    current: int | None = None
    """In use now in the region, by anybody; None when usage was not read."""
    limit: int | None = None

    @property
    def shortfall(self) -> int:
        """Cores missing at the worst step; 0 when it fits or when usage is unknown."""
        if self.current is None or self.limit is None:
            return 0
        return max(0, self.current + self.added - self.limit)


class _Row(TypedDict):
    family: str
    cores: int
    skip_reservation: bool


@cache
def _sizes() -> Mapping[str, VmSize]:
    table = cast(dict[str, dict[str, _Row]], json.loads(_TABLE.read_text(encoding="utf-8")))
    return {
        name.lower(): VmSize(
            name=name,
            family=row["family"],
            cores=row["cores"],
            skip_reservation=row["skip_reservation"],
        )
        for name, row in table["skus"].items()
    }


def vm_size(instance_type: str) -> VmSize | None:
    """The size of that name (any case), or None when Microsoft's list does not have it."""
    return _sizes().get(instance_type.strip().lower())


def known_sizes() -> tuple[str, ...]:
    """Names of all known sizes, in the order of Microsoft's list."""
    return tuple(size.name for size in _sizes().values())


def cores_of(instance_type: str) -> int | None:
    """Cores of one instance, None for a size that is not in the list."""
    size = vm_size(instance_type)
    return size.cores if size else None


def family_of(instance_type: str) -> str | None:
    """VM family whose quota an instance counts against, None for an unknown size."""
    size = vm_size(instance_type)
    return size.family if size else None


def reserved_instances(instances: int, *, skip_reservation: bool = False) -> int:
    """`ceil(1.2 * instances)`, in whole numbers: 1.2 is not exact as a float."""
    return instances if skip_reservation else -(-instances * 6 // 5)


def reserved_cores(instance_type: str, instances: int) -> int | None:
    """Cores of quota that a deployment of `instances` holds, None for an unknown size.

    >>> reserved_cores("Standard_DS3_v2", 10)
    48
    """
    size = vm_size(instance_type)
    if size is None:
        return None
    counted = reserved_instances(instances, skip_reservation=size.skip_reservation)
    return size.cores * counted


def ledger(
    demands: Iterable[Demand], *, running: Iterable[Demand] = (), usage: Usage | None = None
) -> tuple[LedgerLine, ...]:
    """Cores per VM family at the worst step, sorted by family. Unknown sizes are left out.

    `running` are deployments that exist already; their cores are part of `usage`'s first number.
    """
    now = {demand.key: demand for demand in running}
    total: dict[str, int] = {}
    added: dict[str, int] = {}
    for demand in demands:
        size = vm_size(demand.instance_type)
        cores = reserved_cores(demand.instance_type, demand.instances)
        if size is None or cores is None:
            continue
        total[size.family] = total.get(size.family, 0) + cores
        added[size.family] = added.get(size.family, 0) + _growth(demand, cores, now)
    by_family = {family.lower(): numbers for family, numbers in (usage or {}).items()}
    lines: list[LedgerLine] = []
    for family in sorted(total):
        current, limit = by_family.get(family.lower(), (None, None))
        lines.append(
            LedgerLine(
                family=family,
                total=total[family],
                added=added[family],
                current=current,
                limit=limit,
            )
        )
    return tuple(lines)


def _growth(demand: Demand, cores: int, now: Mapping[tuple[str, str], Demand]) -> int:
    before = now.get(demand.key)
    if before is None or vm_size(before.instance_type) != vm_size(demand.instance_type):
        return cores
    return max(0, cores - (reserved_cores(before.instance_type, before.instances) or 0))
