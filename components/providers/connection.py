"""Connection: a connection of the workspace, created or brought up to date.

azure-native refuses to create one that exists, and a team's connection often does: this one is
written over, and given back as it is now when the stack goes.
"""

from collections.abc import Mapping
from typing import cast

import pulumi
from pulumi import dynamic

from components.providers.arm import Json, arm, section
from components.providers.failures import explained

Props = dict[str, object]

SHOWN = ("category", "target", "authType", "metadata")
"""What a read answers, so that drift shows. Credentials are never asked for."""


class ConnectionProvider(dynamic.ResourceProvider):
    """Inputs: connection_id (ARM id), properties (of the ARM body, without credentials) and
    credentials, which Pulumi keeps encrypted. Output besides them: `adopted`."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: Props, _news: Props) -> dynamic.DiffResult:
        """Another name or workspace is another connection."""
        moved = _olds.get("connection_id") != _news.get("connection_id")
        changed = any(_olds.get(key) != _news.get(key) for key in ("properties", "credentials"))
        return dynamic.DiffResult(
            changes=moved or changed, replaces=["connection_id"] if moved else []
        )

    def create(self, props: Props) -> dynamic.CreateResult:
        """Write it, whether it exists or not."""
        with explained(f"cannot create connection {_name(props)}"):
            there = arm().get(_id_of(props)) is not None
            _write(props)
        return dynamic.CreateResult(_id_of(props), props | {"adopted": there})

    def update(self, _id: str, _olds: Props, _news: Props) -> dynamic.UpdateResult:
        """Write it."""
        with explained(f"cannot update connection {_name(_news)}"):
            _write(_news)
        return dynamic.UpdateResult(_news | {"adopted": bool(_olds.get("adopted"))})

    def read(self, id_: str, props: Props) -> dynamic.ReadResult:
        """What somebody changed by hand shows as drift, but for credentials."""
        with explained(f"cannot read connection {_name(props)}"):
            live = arm().get(id_)
        if live is None:
            return dynamic.ReadResult("", {})
        known = section(props, "properties")
        seen = section(live, "properties")
        properties = {key: _merged(key, known[key], seen) for key in known}
        outs: Props = {**props, "properties": properties}
        inputs = {key: value for key, value in outs.items() if key != "adopted"}
        return dynamic.ReadResult(id_, outs, inputs)

    def delete(self, _id: str, _props: Props) -> None:
        """Delete what was created here; what was there before stays, for others use it."""
        if not _props.get("adopted"):
            with explained(f"cannot delete connection {_name(_props)}"):
                arm().delete(_id)


class Connection(dynamic.Resource, module="flow-endpoints", name="Connection"):
    """A connection of the workspace."""

    adopted: pulumi.Output[bool]
    """Whether it was there before."""

    def __init__(
        self, name: str, props: Mapping[str, object], opts: pulumi.ResourceOptions
    ) -> None:
        """`props`: the provider's inputs."""
        super().__init__(ConnectionProvider(), name, {"adopted": None, **props}, opts)


def _write(props: Props) -> None:
    properties = section(props, "properties")
    if props.get("credentials"):
        properties["credentials"] = props["credentials"]
    arm().put(_id_of(props), {"properties": properties})


def _merged(key: str, known: object, seen: Json) -> object:
    """The live value of a field, where it differs. The service adds metadata of its own, and
    writes some words in another case."""
    live = seen.get(key)
    if key not in SHOWN or live is None:
        return known
    if isinstance(known, Mapping):
        mine = cast("Mapping[str, object]", known)
        theirs = section(seen, key)
        return {name: theirs.get(name, value) for name, value in mine.items()}
    return known if str(live).lower() == str(known).lower() else live


def _id_of(props: Props) -> str:
    return str(props["connection_id"])


def _name(props: Props) -> str:
    return _id_of(props).rsplit("/", 1)[-1]
