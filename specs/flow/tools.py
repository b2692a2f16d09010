"""Which inputs of a node name workspace connections: that is in its tool's signature.

As promptflow decides (1.18, `Flow.get_connection_names`): `connection:` of a node; else literal
values for those parameters of its tool that are connections. For a script tool the signature is in
the flow's Python; for a tool from a package it cannot be seen from here, so names tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from specs.flow.annotations import base_names
from specs.flow.nodes import Node, reference_of
from specs.flow.python_source import Function, Module, Sources, last_name
from specs.flow.signature import Parameter, method, parameters
from specs.tree import Block, Items

_WITHOUT_CONNECTION = frozenset({"promptflow.tools.open_model_llm.OpenModelLLM.call"})
"""Package tools whose `*_connection`-like inputs are plain text."""


def node_connections(node: Node, *, legacy_tools: object, sources: Sources) -> Iterator[str]:
    """Names of connections that one node uses. `legacy_tools`: the definition's `tools:` list."""
    if node.connection is not None:
        yield node.connection
        return
    if node.type in ("prompt", "llm"):
        return
    names = _legacy(node, legacy_tools)
    if names is None:
        names = _script(node, sources)
    for key, value in node.inputs.items():
        wanted = key in names if names is not None else _by_name(node, key)
        if wanted and isinstance(value, str) and value and reference_of(value) is None:
            yield value


def tool_parameters(module: Module, sources: Sources) -> tuple[Parameter, ...] | None:
    """The parameters of the one @tool of a module; None where there is none.

    A tool is a decorated function, or a decorated method of a ToolProvider, which has the
    parameters of `__init__` besides its own.
    """
    for definition in module.definitions().values():
        if isinstance(definition, Function):
            if _is_tool(definition):
                return parameters(definition, module=module, sources=sources)
        elif "ToolProvider" in base_names(definition, module=module, sources=sources):
            found = _provided(definition, module, sources)
            if found is not None:
                return found
    return None


def _provided(
    definition: ast.ClassDef, module: Module, sources: Sources
) -> tuple[Parameter, ...] | None:
    for item in definition.body:
        if isinstance(item, Function) and _is_tool(item):
            own = parameters(item, module=module, sources=sources)
            init = method(definition, "__init__", module=module, sources=sources)
            if init is None:
                return own
            return (*parameters(init[1], module=init[0], sources=sources), *own)
    return None


def _is_tool(function: Function) -> bool:
    return any(last_name(item) == "tool" for item in function.decorator_list)


def _script(node: Node, sources: Sources) -> set[str] | None:
    path = node.source.get("path")
    if not isinstance(path, str) or not path.endswith(".py"):
        return None
    module = sources.module(path.removeprefix("./"))
    found = tool_parameters(module, sources) if module is not None else None
    if found is None:
        return None
    return {item.name for item in found if item.inferred.is_connection}


def _legacy(node: Node, tools: object) -> set[str] | None:
    """From `tools:` of an older definition: `inputs: {conn: {type: [AzureOpenAIConnection]}}`."""
    wanted = node.block.get("tool")
    for tool in tools if isinstance(tools, Items) else ():
        if not isinstance(tool, Block) or wanted is None or tool.get("name") != wanted:
            continue
        inputs = tool.get("inputs")
        found: set[str] = set()
        for name, value in inputs.items() if isinstance(inputs, Block) else ():
            kinds = value.get("type") if isinstance(value, Block) else None
            listed = list(kinds) if isinstance(kinds, Items) else [kinds]
            if any(str(kind).endswith("Connection") for kind in listed):
                found.add(name)
        return found
    return None


def _by_name(node: Node, key: str) -> bool:
    if str(node.source.get("tool")) in _WITHOUT_CONNECTION:
        return False
    return key in ("connection", "conn") or key.endswith("_connection")
