"""The rules of an endpoint's traffic (facts section 3). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from local_azure.arm import errors
from local_azure.arm.errors import ArmError

MIRROR_LIMIT = 50


def checked(
    live: Mapping[str, int],
    mirror: Mapping[str, int],
    *,
    deployments: Iterable[str],
    managed: bool,
) -> tuple[dict[str, int], dict[str, int]]:
    """Live and mirrored shares in percent, with the deployments' own spelling.

    Raises `ArmError` for a split that the service refuses.
    """
    names = {name.lower(): name for name in deployments}
    live, mirror = _known("traffic", live, names), _known("mirrorTraffic", mirror, names)
    total = sum(live.values())
    if total not in (0, 100):
        raise _refused(f"Traffic must total 0 or 100 percent; it totals {total}.")
    mirrored = {name: share for name, share in mirror.items() if share}
    if mirrored and not managed:
        raise _refused("Mirror traffic needs a managed endpoint; this one is on Kubernetes.")
    if len(mirrored) > 1:
        raise _refused(f"Traffic can be mirrored to one deployment, not to {len(mirrored)}.")
    for name, share in mirrored.items():
        if share > MIRROR_LIMIT:
            raise _refused(f"At most {MIRROR_LIMIT} percent can be mirrored; {name} has {share}.")
        if live.get(name):
            raise _refused(f"Deployment {name} has live traffic and cannot get mirrored traffic.")
    return live, mirror


def _known(what: str, shares: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    spelled: dict[str, int] = {}
    for name, share in shares.items():
        proper = names.get(name.lower())
        if proper is None:
            known = ", ".join(sorted(names.values())) or "none"
            raise _refused(
                f"{what} names deployment '{name}', which does not exist on this endpoint "
                f"(existing: {known})."
            )
        if not 0 <= share <= 100:
            raise _refused(f"{what} of {name} is {share}; it must lie between 0 and 100.")
        spelled[proper] = share
    return spelled


def _refused(message: str) -> ArmError:
    return errors.bad_request(message, detail="InvalidTraffic")
