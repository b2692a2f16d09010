"""Which deployment answers a request. Pure arithmetic on the endpoint's weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def choose(weights: Mapping[str, int], point: float) -> str | None:
    """The deployment at `point` (in [0, 1)) of the weights laid side by side.

    None when no weight is positive. Weights need not add up to 100.
    """
    positive = [(name, weight) for name, weight in sorted(weights.items()) if weight > 0]
    place = point * sum(weight for _, weight in positive)
    for name, weight in positive:
        if place < weight:
            return name
        place -= weight
    return positive[-1][0] if positive else None


def mirrored(mirror: Mapping[str, int], point: float) -> str | None:
    """The deployment that gets a copy of the request, for `point` in [0, 1) of 100 %."""
    place = point * 100
    for name, weight in sorted(mirror.items()):
        if place < weight:
            return name
        place -= weight
    return None


def named(deployments: Iterable[str], name: str) -> str | None:
    """The deployment of this name in any case."""
    return next((d for d in deployments if d.lower() == name.lower()), None)
