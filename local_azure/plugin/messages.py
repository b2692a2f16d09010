"""To and from the messages of the provider protocol: the wording of `provider`'s answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol, TypeVar

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from local_azure.plugin import catalogue
from local_azure.plugin.defaults import Naming
from local_azure.plugin.diff import Change, Difference
from local_azure.plugin.errors import PluginError
from local_azure.plugin.resource_type import ResourceType
from local_azure.plugin.shapes import ShapeError
from local_azure.plugin.state import Written
from local_azure.plugin.values import Json, to_struct

Result = TypeVar("Result")

_KINDS: Mapping[tuple[Change, bool], provider_pb2.PropertyDiff.Kind.ValueType] = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Context(Protocol):
    """What is used of a gRPC call's context (grpc ships no types)."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn: ...

    def set_trailing_metadata(self, trailing_metadata: tuple[tuple[str, bytes], ...]) -> None: ...


def told(context: Context, work: Callable[[], Result]) -> Result:
    """The result of `work`; what goes wrong is told to the engine as one message."""
    try:
        return work()
    except (PluginError, ShapeError) as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))


def tell_failure(context: Context, written: Written, inputs: Mapping[str, Json]) -> None:
    """Ends the call with an initialisation error when the accepted operation failed.

    The engine then keeps the resource, and the next update puts it again.
    """
    if not written.failure:
        return
    detail = provider_pb2.ErrorResourceInitFailed(
        id=written.arm_id,
        properties=to_struct(written.outputs),
        inputs=to_struct(inputs),
        reasons=[written.failure],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=written.failure)
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, written.failure)


def kind_of(urn: str) -> ResourceType:
    """The type of a URN `urn:pulumi:stack::project::parent$type::name`."""
    token = urn.split("::")[2].rpartition("$")[2]
    kind = catalogue.resource_type(token)
    if kind is None:
        played = ", ".join(entry.token for entry in catalogue.TYPES)
        raise PluginError(
            f"the local Azure's azure-native stand-in does not play {token}; it has {played}"
        )
    return kind


def naming_of(request: provider_pb2.CheckRequest) -> Naming:
    """What a Check request says about automatic names."""
    name = request.urn.split("::")[-1]
    if not request.HasField("autonaming"):
        return Naming(logical_name=name, seed=request.randomSeed)
    options = provider_pb2.CheckRequest.AutonamingOptions
    mode = request.autonaming.mode
    return Naming(
        logical_name=name,
        seed=request.randomSeed,
        mode=(
            "enforce"
            if mode == options.ENFORCE
            else "disable"
            if mode == options.DISABLE
            else "propose"
        ),
        proposed=request.autonaming.proposed_name,
    )


def diff_response(found: Difference) -> provider_pb2.DiffResponse:
    """The engine's form of a difference."""
    if not found.changes:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        replaces=found.replaces,
        deleteBeforeReplace=found.delete_before_replace,
        diffs=found.top_level,
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=_KINDS[made.change, made.replaces], inputDiff=True)
            for path, made in found.changes.items()
        },
        hasDetailedDiff=True,
    )
