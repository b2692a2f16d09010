"""What a program declared: every registration as plain data, to assert on afterwards.

(An assert inside `apply` passes without running; these run on a list.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto.resource_pb2 import RegisterResourceRequest as Request
from pulumi.runtime.proto.resource_pb2 import RegisterResourceResponse as Response

Json = dict[str, object]

THEIR_IDENTITY = "5f9a1c3e-0000-4000-8000-0000000000aa"
THEIR_CLIENT = "5f9a1c3e-0000-4000-8000-0000000000cc"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One resource as it was registered."""

    type: str
    name: str
    inputs: Json
    after: tuple[str, ...]
    """Types and names of what it waits for: `OnlineEndpoint chat`."""
    ignored: tuple[str, ...]
    replaced_on: tuple[str, ...]
    replaced_with: tuple[str, ...]
    deleted_with: str
    parent: str
    error_hooks: tuple[str, ...]

    @property
    def noun(self) -> str:
        """`OnlineEndpoint chat`."""
        return f"{self.type.rsplit(':', 1)[-1]} {self.name}"


@dataclass
class Program:
    """All that one run registered, exported and said."""

    resources: list[Declared] = field(default_factory=list[Declared])
    exports: Json = field(default_factory=dict[str, object])
    said: list[str] = field(default_factory=list[str])

    def one(self, noun: str) -> Declared:
        """The only resource (no component) of that noun: a type, or a type and a name."""
        found = [each for each in self.made() if noun in (each.noun, each.noun.split()[0])]
        assert len(found) == 1, f"{noun}: {[each.noun for each in self.made()]}"
        return found[0]

    def nouns(self, of_type: str = "") -> list[str]:
        """Nouns of the resources of a type."""
        return [each.noun for each in self.made() if of_type in each.noun.split()[0]]

    def made(self) -> list[Declared]:
        """The resources that are no components."""
        return [each for each in self.resources if not each.type.startswith("flow-endpoints:")]


class _Azure(mocks.Mocks):
    """Answers as Azure does: with the inputs, and what only the service knows."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, object], None]:
        """No function is called."""
        raise AssertionError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, object]]:
        """An endpoint gets an identity and addresses, an identity its ids."""
        outputs = dict(cast("Json", args.inputs))  # pyright: ignore[reportUnknownMemberType]
        if args.typ.endswith(":UserAssignedIdentity"):
            outputs |= {"principalId": THEIR_IDENTITY, "clientId": THEIR_CLIENT}
        if args.typ.endswith(":OnlineEndpoint"):
            outputs["identity"] = {"type": "SystemAssigned", "principalId": THEIR_IDENTITY}
            uri = f"http://127.0.0.1:1/{args.name}"
            outputs["properties"] = {
                **cast("Json", outputs["properties"]),
                "scoringUri": f"{uri}/score",
                "swaggerUri": f"{uri}/swagger.json",
            }
        return f"id-of-{args.name}", outputs


class _Monitor(mocks.MockMonitor):
    def __init__(self, program: Program) -> None:
        super().__init__(_Azure())
        self._program = program

    def RegisterResource(self, request: Request) -> Response:  # noqa: N802
        answer = cast("Response", cast("Any", super()).RegisterResource(request))
        if request.type != "pulumi:pulumi:Stack":
            self._program.resources.append(
                Declared(
                    type=request.type,
                    name=request.name,
                    inputs=cast("Json", rpc.deserialize_properties(request.object)),
                    after=tuple(sorted(_noun(urn) for urn in request.dependencies)),
                    ignored=tuple(request.ignoreChanges),
                    replaced_on=tuple(request.replaceOnChanges),
                    replaced_with=tuple(_noun(urn) for urn in request.replace_with),
                    deleted_with=_noun(request.deletedWith) if request.deletedWith else "",
                    parent=_noun(request.parent),
                    error_hooks=tuple(request.hooks.on_error),
                )
            )
        return answer


class _Ear(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


def run(declare: Callable[[], dict[str, object] | None]) -> Program:
    """Run `declare` as a Pulumi program of stack `local`; what it returns is exported."""
    program = Program()
    logger = logging.Logger("program")
    logger.addHandler(_Ear(program.said))
    mocks.set_mocks(
        _Azure(), project="flow-endpoints", stack="local", logger=logger, monitor=_Monitor(program)
    )

    def body() -> pulumi.Output[None]:
        exported = declare() or {}
        return pulumi.Output.from_input(exported).apply(program.exports.update)

    cast("Any", mocks).test(body)()
    return program


def _noun(urn: str) -> str:
    *_, types, name = urn.split("::") if urn else ("", "")
    return f"{types.rsplit(':', 1)[-1]} {name}"
