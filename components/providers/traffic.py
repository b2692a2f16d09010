"""Traffic: how an endpoint splits its requests, as a resource of its own, after everything else.

On the wire traffic is part of the endpoint, and a PUT is full-body: so read, change the two
fields, and write all the rest back as it was.
"""

import time
from collections.abc import Callable, Mapping
from typing import cast

import pulumi
from pulumi import dynamic

from components.providers.arm import ArmError, Json, arm, section, text
from components.providers.failures import ProviderError, explained

Props = dict[str, object]
Split = dict[str, int]

PATIENCE = 180.0
"""Seconds to put up with 404 for a deployment just made, and 409 for an endpoint at work."""
READ_ONLY = frozenset({"provisioningState", "scoringUri", "swaggerUri"})


class TrafficProvider(dynamic.ResourceProvider):
    """Inputs: endpoint_id (ARM id), traffic and mirror_traffic (deployment -> percent)."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: Props, _news: Props) -> dynamic.DiffResult:
        """Another endpoint is another resource; numbers arrive as floats."""
        moved = _olds.get("endpoint_id") != _news.get("endpoint_id")
        kinds = ("traffic", "mirror_traffic")
        changed = any(_split(_olds, kind) != _split(_news, kind) for kind in kinds)
        return dynamic.DiffResult(
            changes=moved or changed, replaces=["endpoint_id"] if moved else []
        )

    def create(self, props: Props) -> dynamic.CreateResult:
        """Set the split; there is always one, so this is an update."""
        return dynamic.CreateResult(f"{props['endpoint_id']}/traffic", _set(props))

    def update(self, _id: str, _olds: Props, _news: Props) -> dynamic.UpdateResult:
        """Set the split."""
        return dynamic.UpdateResult(_set(_news))

    def read(self, id_: str, props: Props) -> dynamic.ReadResult:
        """The live split, so that what somebody set by hand shows as drift."""
        with explained(f"cannot read the traffic of endpoint {_name(props)}"):
            endpoint = arm().get(str(props["endpoint_id"]))
        if endpoint is None:
            return dynamic.ReadResult("", {})
        live: Props = {**props, **_live(endpoint)}
        return dynamic.ReadResult(id_, live, dict(live))

    def delete(self, _id: str, _props: Props) -> None:
        """Take all traffic off: Azure refuses to delete a deployment that has some."""
        take_off(str(_props["endpoint_id"]))


class Traffic(dynamic.Resource, module="flow-endpoints", name="Traffic"):
    """The live split of an endpoint."""

    traffic: pulumi.Output[Mapping[str, int]]
    """Percent of each deployment that gets any."""
    mirror_traffic: pulumi.Output[Mapping[str, int]]
    """Percent copied to a deployment that gets none."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: the provider's inputs."""
        super().__init__(TrafficProvider(), name, dict(props), opts)


def take_off(endpoint_id: str) -> None:
    """Take all traffic off an endpoint, if there is one."""
    none: Props = {"endpoint_id": endpoint_id, "traffic": {}, "mirror_traffic": {}}
    with explained(f"cannot read endpoint {_name(none)}"):
        there = arm().get(endpoint_id) is not None
    if there:
        _set(none)


def _set(props: Props) -> Props:
    """Write the split and return the props with what is live then."""
    wanted = {kind: _split(props, kind) for kind in ("traffic", "mirror_traffic")}
    endpoint_id = str(props["endpoint_id"])
    with explained(f"cannot set the traffic of endpoint {_name(props)}"):
        live = _retried(lambda: _written(endpoint_id, wanted))
    if live != wanted:
        raise ProviderError(
            f"cannot set the traffic of endpoint {_name(props)}",
            why=f"Azure took {_said(wanted['traffic'])} and now reports {_said(live['traffic'])}",
            fix="Somebody else may be changing it. Run the update again.",
        )
    return {**props, **live}


def _written(endpoint_id: str, wanted: dict[str, Split]) -> dict[str, Split]:
    """Write the split unless it is so already; the split that is live then.

    Naming a deployment that is not there (yet) makes Azure refuse all of it.
    """
    for name in sorted({name for split in wanted.values() for name in split}):
        if arm().get(f"{endpoint_id}/deployments/{name}") is None:
            raise ArmError(status=404, code="NotFound", message=f"there is no deployment {name}")
    endpoint = arm().get(endpoint_id)
    if endpoint is None:
        raise ArmError(status=404, code="NotFound", message="there is no such endpoint")
    if _live(endpoint) != wanted:
        arm().put(endpoint_id, _body(endpoint, wanted))
        endpoint = arm().get(endpoint_id)
    return _live(endpoint)


def _retried(action: Callable[[], dict[str, Split]]) -> dict[str, Split]:
    """The control plane is eventually consistent, and does one thing at a time per endpoint."""
    deadline = time.monotonic() + PATIENCE
    wait = 0.5
    while True:
        try:
            return action()
        except ArmError as error:
            if error.status not in {404, 409} or time.monotonic() > deadline:
                raise
        time.sleep(wait)
        wait = min(wait * 2, 15)


def _body(endpoint: Json, wanted: dict[str, Split]) -> Json:
    """The endpoint's PUT body as it is, but for the two splits."""
    identity = section(endpoint, "identity")
    body: Json = {
        key: endpoint[key] for key in ("location", "tags", "kind", "sku") if endpoint.get(key)
    }
    if identity:
        users = section(identity, "userAssignedIdentities")
        body["identity"] = {"type": text(identity, "type")} | (
            {"userAssignedIdentities": {id_: {} for id_ in users}} if users else {}
        )
    properties = section(endpoint, "properties")
    body["properties"] = {k: v for k, v in properties.items() if k not in READ_ONLY} | {
        "traffic": wanted["traffic"],
        "mirrorTraffic": wanted["mirror_traffic"],
    }
    return body


def _live(endpoint: "Json | None") -> dict[str, Split]:
    properties = section(endpoint, "properties")
    return {
        "traffic": _split(properties, "traffic"),
        "mirror_traffic": _split(properties, "mirrorTraffic"),
    }


def _split(props: Mapping[str, object], kind: str) -> Split:
    """A split without its zeros: to Azure they are the same as absent."""
    split = section(props, kind)
    return {name: int(cast("float", part)) for name, part in sorted(split.items()) if part}


def _name(props: Props) -> str:
    return str(props["endpoint_id"]).rsplit("/", 1)[-1]


def _said(split: Split) -> str:
    return ", ".join(f"{name} {part} %" for name, part in split.items()) or "0 %"
