"""Traffic: live and mirrored shares of an endpoint's deployments."""

from __future__ import annotations

from collections.abc import Iterator

from specs import traffic
from specs.rules.book import Problem
from specs.rules.chapters import SERVICE
from specs.rules.subjects import ServiceCase

_ROLLOUT = "Safe rollout for online endpoints"
_MIRROR = "Safe rollout for online endpoints: test the deployment with mirrored traffic"
_REST = "azure-ai-ml 1.35.2 and the service: traffic of an online endpoint"


@SERVICE.rule("traffic-unknown-deployment", "error", source=_ROLLOUT)
def traffic_names(case: ServiceCase) -> Iterator[Problem]:
    """Traffic goes to deployments that the stack has."""
    for name in traffic.unknown_deployments(case.traffic or {}, case.names) if case.whole else ():
        yield Problem(
            f"`{name}` has a share of the traffic, but no deployment has that name",
            f"The stack has: {', '.join(case.names) or 'none'}.",
            case.place,
        )


@SERVICE.rule("traffic-range", "error", source=_REST)
def traffic_range(case: ServiceCase) -> Iterator[Problem]:
    """A share is 0 to 100 percent."""
    for name, share in (case.traffic or {}).items():
        if not 0 <= share <= 100:
            yield Problem(
                f"the traffic of `{name}` is {share}; a share is 0 to 100 percent",
                "Correct it.",
                case.place,
            )


@SERVICE.rule("traffic-total", "error", source=_REST)
def traffic_total(case: ServiceCase) -> Iterator[Problem]:
    """The shares of live traffic make 100 (or 0) together.

    azure-ai-ml checks only that they are not above 100; the service refuses 90 too.
    """
    whole = traffic.total(case.traffic or {})
    if whole not in (0, 100):
        yield Problem(
            f"the traffic adds up to {whole} percent; it must be 100 (or 0)",
            "Correct the shares under `traffic`.",
            case.place,
        )


@SERVICE.rule("traffic-unsaid", "error", source=_ROLLOUT)
def traffic_said(case: ServiceCase) -> Iterator[Problem]:
    """With more than one deployment, the stack says how traffic is split."""
    if case.whole and case.traffic is None and len(case.deployments) > 1:
        example = ", ".join(f"{name}: {0 if n else 100}" for n, name in enumerate(case.names))
        yield Problem(
            f"{len(case.deployments)} deployments and no `traffic`: nobody would be asked",
            f"Say it, for example  traffic: {{{example}}}",
            case.place,
        )


@SERVICE.rule("traffic-nowhere", "warning", source=_ROLLOUT)
def traffic_somewhere(case: ServiceCase) -> Iterator[Problem]:
    """An endpoint has live traffic; without any it answers 404."""
    if case.whole and case.traffic is not None and traffic.total(case.traffic) == 0:
        yield Problem(
            "all shares of the traffic are 0: callers get 404 unless they name a deployment in "
            "the header azureml-model-deployment",
            "Give the deployments shares that make 100.",
            case.place,
        )


@SERVICE.rule("mirror-one", "error", source=_MIRROR)
def mirror_one(case: ServiceCase) -> Iterator[Problem]:
    """Traffic is mirrored to one deployment at most."""
    mirrored = [name for name, share in case.mirror_traffic.items() if share]
    if len(mirrored) > 1:
        yield Problem(
            f"traffic is mirrored to {', '.join(mirrored)}; only one deployment can be",
            "Keep one.",
            case.place,
        )


@SERVICE.rule("mirror-share", "error", source=_MIRROR)
def mirror_share(case: ServiceCase) -> Iterator[Problem]:
    """At most 50 percent of the traffic is mirrored."""
    for name, share in case.mirror_traffic.items():
        if not 0 <= share <= traffic.MIRROR_MAX:
            yield Problem(
                f"{share} percent are mirrored to `{name}`; it can be 0 to {traffic.MIRROR_MAX}",
                f"Give {traffic.MIRROR_MAX} or less.",
                case.place,
            )


@SERVICE.rule("mirror-unknown-deployment", "error", source=_MIRROR)
def mirror_names(case: ServiceCase) -> Iterator[Problem]:
    """Traffic is mirrored to a deployment that the stack has."""
    for name in traffic.unknown_deployments(case.mirror_traffic, case.names) if case.whole else ():
        yield Problem(
            f"traffic is mirrored to `{name}`, but no deployment has that name",
            f"The stack has: {', '.join(case.names) or 'none'}.",
            case.place,
        )


@SERVICE.rule("mirror-live", "error", source=_MIRROR)
def mirror_not_live(case: ServiceCase) -> Iterator[Problem]:
    """A deployment has live traffic or mirrored traffic, never both."""
    live = traffic.complete(case.traffic, case.names)
    for name in traffic.normalise(case.mirror_traffic, case.names):
        if live.get(name):
            yield Problem(
                f"`{name}` has {live[name]} percent of the live traffic and mirrored traffic "
                "besides; a deployment can have only one of them",
                f"Take `{name}` out of `traffic` or out of `mirror_traffic`.",
                case.place,
            )


@SERVICE.rule("mirror-kubernetes", "error", source=_MIRROR)
def mirror_managed(case: ServiceCase) -> Iterator[Problem]:
    """Only managed endpoints mirror traffic."""
    if case.endpoint.kubernetes and any(case.mirror_traffic.values()):
        yield Problem(
            "a Kubernetes endpoint cannot mirror traffic",
            "Remove `mirror_traffic`.",
            case.place,
        )
