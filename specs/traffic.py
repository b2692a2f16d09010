"""Traffic of an endpoint: percentages per deployment, live and mirrored.

Owns the arithmetic (completing, zero entries, spelling, sums). What is wrong with a split is
said by the rule book; setting it in the cloud is `components.traffic`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MIRROR_MAX = 50
"""Percent; Microsoft's limit for mirrored traffic."""


def complete(weights: Mapping[str, int] | None, deployments: Sequence[str]) -> dict[str, int]:
    """The split as it is sent: without zeros, names spelt as the deployments are.

    `weights` are percentages by deployment name; None (nothing said) is 100 for the only
    deployment and, where there is more than one, nothing: the rule book refuses that.
    """
    if weights is None:
        return {deployments[0]: 100} if len(deployments) == 1 else {}
    return normalise(weights, deployments)


def normalise(weights: Mapping[str, int], deployments: Sequence[str]) -> dict[str, int]:
    """Drop zero entries and take the deployments' own spelling; unknown names stay as written.

    Azure compares names without case, its clients do not: `Blue: 100` reaches `blue`.
    """
    spelling = {name.lower(): name for name in deployments}
    merged: dict[str, int] = {}
    for name, weight in weights.items():
        if weight != 0:
            known = spelling.get(name.lower(), name)
            merged[known] = merged.get(known, 0) + weight
    return merged


def unknown_deployments(weights: Mapping[str, int], deployments: Sequence[str]) -> tuple[str, ...]:
    """Names with a share that are no deployments, in the order written."""
    known = {name.lower() for name in deployments}
    return tuple(name for name, share in weights.items() if share and name.lower() not in known)


def total(weights: Mapping[str, int]) -> int:
    """Sum of the percentages."""
    return sum(weights.values())


def without(weights: Mapping[str, int], deployment: str) -> dict[str, int]:
    """The split after one deployment is taken off: its share goes to the others by their own.

    The rest keeps its total of 100 (largest remainders win the odd percent); nothing is left
    when it was the only one with traffic. Traffic comes off before a deployment is deleted.
    """
    rest = {
        name: share
        for name, share in weights.items()
        if share and name.lower() != deployment.lower()
    }
    whole = sum(rest.values())
    if not whole:
        return {}
    exact = {name: share * 100 / whole for name, share in rest.items()}
    shares = {name: int(share) for name, share in exact.items()}
    for name in sorted(exact, key=lambda name: shares[name] - exact[name]):
        if sum(shares.values()) == 100:
            break
        shares[name] += 1
    return {name: share for name, share in shares.items() if share}
