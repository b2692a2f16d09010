"""How the nodes of a flow hang together.

What is an error here, promptflow refuses when it starts (1.18, FlowValidator).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from specs.flow.nodes import Node, Reference, reference_of
from specs.flow.report import Report
from specs.tree import Block, Place


def check_graph(
    nodes: tuple[Node, ...], *, inputs: Collection[str], outputs: Block, report: Report
) -> None:
    """Duplicates, references to nothing, circles, and what aggregation forbids."""
    seen: set[str] = set()
    for node in nodes:
        if node.name in seen:
            message = f"there are two nodes named `{node.name}`"
            report.error("flow-node-duplicate", node.at, message, "Rename one of them.")
        seen.add(node.name)
    for node in nodes:
        _check_activate(node, report)
        for reference, at in references(node):
            what = f"node `{node.name}`"
            _check_reference(reference, at, what=what, nodes=seen, inputs=inputs, report=report)
    _check_aggregation(nodes, report)
    _check_circles(nodes, report)
    _check_outputs(nodes, inputs=inputs, outputs=outputs, report=report)


def references(node: Node) -> Iterator[tuple[Reference, Place]]:
    """What a node takes from inputs and other nodes, its activate condition included."""
    for key, value in node.inputs.items():
        reference = reference_of(value)
        if reference is not None:
            yield reference, node.inputs.place_of(key)
    if node.activate is not None:
        condition = reference_of(node.activate.get("when"))
        if condition is not None:
            yield condition, node.activate.place_of("when")


def _check_activate(node: Node, report: Report) -> None:
    if "activate" not in node.block:
        return
    config = node.activate
    if config is None or "when" not in config or "is" not in config:
        at = node.block.place_of("activate")
        message = f"`activate` of node `{node.name}` needs both `when` and `is`"
        report.error("flow-activate-invalid", at, message, "Write `when: ${…}` and `is: …`.")


def _check_reference(
    reference: Reference,
    at: Place,
    *,
    what: str,
    nodes: Collection[str],
    inputs: Collection[str],
    report: Report,
) -> None:
    known = nodes if reference.kind == "node" else inputs
    if reference.name in known:
        return
    kind = "node" if reference.kind == "node" else "flow input"
    near = difflib.get_close_matches(reference.name, known, n=1)
    fix = f"Did you mean `{near[0]}`?" if near else f"Add the {kind}, or correct the reference."
    message = f"{what} refers to the {kind} `{reference.name}`, which is not there"
    report.error("flow-reference-unknown", at, message, fix)


def _check_aggregation(nodes: tuple[Node, ...], report: Report) -> None:
    aggregating = {node.name for node in nodes if node.is_aggregation}
    for node in nodes:
        for reference, at in references(node) if not node.is_aggregation else ():
            if reference.kind == "node" and reference.name in aggregating:
                message = (
                    f"node `{node.name}` takes from `{reference.name}`, which is an aggregation "
                    "node: that one runs after all lines"
                )
                fix = f"Make `{node.name}` an aggregation node too, or remove the reference."
                report.error("flow-aggregation-reference", at, message, fix)


def _check_circles(nodes: tuple[Node, ...], report: Report) -> None:
    names = {node.name for node in nodes}
    needs = {
        node.name: {r.name for r, _ in references(node) if r.kind == "node" and r.name in names}
        for node in nodes
    }
    while True:
        ready = [name for name, needed in needs.items() if not needed]
        if not ready:
            break
        for name in ready:
            del needs[name]
        for needed in needs.values():
            needed.difference_update(ready)
    circle = _members(needs)
    if circle:
        at = next(node.at for node in nodes if node.name in circle)
        listed = ", ".join(f"`{name}`" for name in sorted(circle))
        message = f"these nodes wait for each other: {listed}"
        report.error("flow-node-cycle", at, message, "Remove one of the references between them.")


def _members(needs: dict[str, set[str]]) -> set[str]:
    """Of nodes that cannot run, those in a circle, without those that only wait for one."""
    left = dict(needs)
    while True:
        needed = set[str]().union(*left.values()) if left else set[str]()
        idle = [name for name in left if name not in needed]
        if not idle:
            return set(left)
        for name in idle:
            del left[name]


def _check_outputs(
    nodes: tuple[Node, ...], *, inputs: Collection[str], outputs: Block, report: Report
) -> None:
    by_name = {node.name: node for node in nodes}
    for name, value in outputs.items():
        if not isinstance(value, Block):
            continue
        at = value.place_of("reference")
        reference = reference_of(value.get("reference"))
        if reference is None:
            if value.get("reference") in (None, ""):
                message = f"output `{name}` has no `reference`"
                report.error("flow-output-empty", at, message, "Write `reference: ${node.output}`.")
            continue
        what = f"output `{name}`"
        _check_reference(reference, at, what=what, nodes=by_name, inputs=inputs, report=report)
        node = by_name.get(reference.name) if reference.kind == "node" else None
        if node is not None and node.is_aggregation:
            message = f"output `{name}` comes from aggregation node `{node.name}`: never answered"
            report.warning("flow-output-aggregated", at, message, "Refer to another node.")
