"""flow.dag.yaml: nodes, their files and their connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from specs.flow.flow import Port
from specs.flow.graph import check_graph
from specs.flow.nodes import NODE_TYPES, Node, read_nodes
from specs.flow.ports import block_of, read_ports
from specs.flow.python_source import Sources
from specs.flow.report import Report
from specs.flow.tools import node_connections, tool_parameters
from specs.flow.usage import ConnectionUse
from specs.tree import Block, Place


@dataclass(frozen=True)
class Interface:
    """What a definition of any kind offers to its callers."""

    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    init: Mapping[str, Port]
    has_aggregation: bool = False
    is_known: bool = True
    """False where the inputs could not be told."""


def read_dag(root: Block, *, sources: Sources, uses: ConnectionUse, report: Report) -> Interface:
    """Reads and checks a DAG; `uses` takes up the nodes' connections."""
    inputs = read_ports(root, "inputs", report)
    outputs = read_ports(root, "outputs", report)
    nodes = read_nodes(root, report)
    written = block_of(root, "outputs", report)
    check_graph(nodes, inputs=inputs.keys(), outputs=written, report=report)
    for node in nodes:
        _check_kind(node, report)
        _check_source(node, sources, report)
        for connection in node_connections(node, legacy_tools=root.get("tools"), sources=sources):
            uses.add(connection, node.name)
        if node.type == "llm" and node.connection is None:
            message = f"llm node `{node.name}` names no connection; it fails when it is called"
            fix = "Write `connection: …` with the name of a workspace connection."
            report.error("flow-node-connection", node.at, message, fix)
    aggregates = any(node.is_aggregation for node in nodes)
    return Interface(inputs, outputs, {}, has_aggregation=aggregates)


def _check_kind(node: Node, report: Report) -> None:
    at = node.block.place_of("type")
    if "type" not in node.block and not node.block.get("tool"):
        message = f"node `{node.name}` has no `type`"
        fix = f"Write `type:` with one of {', '.join(NODE_TYPES)}."
        report.error("flow-node-invalid", at, message, fix)
    elif "type" in node.block and node.block.get("type") not in NODE_TYPES:
        message = f"node `{node.name}` has the type `{node.block.get('type')}`: there is none such"
        fix = f"Write one of {', '.join(NODE_TYPES)}."
        report.error("flow-node-invalid", at, message, fix)


def _check_source(node: Node, sources: Sources, report: Report) -> None:
    if "source" not in node.block:
        if not node.block.get("tool") and node.type:
            message = f"node `{node.name}` has no `source`"
            fix = "Write `source: {type: code, path: …}` or `{type: package, tool: …}`."
            report.error("flow-node-invalid", node.at, message, fix)
        return
    path = node.source.get("path")
    at = node.source.place_of("path")
    if path is None:
        _check_tool(node, report)
        return
    if not isinstance(path, str):
        report.error("wrong-type", at, "`path` is no text", "Write the file's path.")
        return
    if _check_file(node, path, at=at, sources=sources, report=report) and node.type == "python":
        module = sources.module(path.removeprefix("./"))
        if module is not None and tool_parameters(module, sources) is None:
            message = f"no function with `@tool` can be seen in `{path}` of node `{node.name}`"
            fix = "Decorate the function with `@tool` from promptflow.core."
            report.warning("flow-tool-missing", module.place, message, fix)


def _check_tool(node: Node, report: Report) -> None:
    if not node.source.get("tool"):
        at = node.source.place
        message = f"the `source` of node `{node.name}` names neither a file nor a tool"
        report.error("flow-node-invalid", at, message, "Write `path: …` or `tool: …`.")


def _check_file(node: Node, path: str, *, at: Place, sources: Sources, report: Report) -> bool:
    relative = path.removeprefix("./")
    contents = sources.contents
    if relative in contents.files:
        return True
    if relative in contents.ignored:
        message = f"{contents.ignore_file} leaves out `{path}`, which node `{node.name}` needs"
        fix = f"Add a line `!{relative}` to {contents.ignore_file}."
        report.error("flow-file-ignored", at, message, fix)
        return False
    fix = "Correct the path; it is relative to the flow folder."
    if ".." in relative.split("/") or relative.startswith("/"):
        fix = "Files from elsewhere are listed under `additional_includes`, then named alone."
    elif "\\" in relative:
        fix = "Write `/` in the place of backslashes: the flow is served on Linux."
    message = f"node `{node.name}` needs the file `{path}`, which is not in the flow"
    report.error("flow-file-missing", at, message, fix)
    return False
