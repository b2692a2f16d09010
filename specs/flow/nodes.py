"""The nodes of a flow.dag.yaml; of a node with variants, the default one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from specs.documents import a_kind
from specs.flow.ports import block_of
from specs.flow.report import Report
from specs.tree import Block, Items, Place

NODE_TYPES = ("llm", "python", "prompt", "custom_llm", "csharp")
_REFERENCE = re.compile(r"\$\{(.+)\}\Z", re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """`${inputs.text}` or `${node.output.field}`."""

    kind: Literal["input", "node"]
    name: str
    """Of the flow input or the node."""


def reference_of(value: object) -> Reference | None:
    """What a value refers to; None for a literal."""
    match = _REFERENCE.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    target = match[1]
    for prefix in ("inputs.", "flow."):
        if target.startswith(prefix):
            return Reference("input", target[len(prefix) :])
    return Reference("node", target.split(".", 1)[0])


@dataclass(frozen=True)
class Node:
    """One node; of several variants the default one."""

    name: str
    block: Block
    at: Place

    @property
    def type(self) -> str:
        """llm, python, prompt, custom_llm or csharp."""
        return str(self.block.get("type") or "").lower()

    @property
    def inputs(self) -> Block:
        """Input name -> literal or reference."""
        value = self.block.get("inputs")
        return value if isinstance(value, Block) else Block(place=self.at)

    @property
    def connection(self) -> str | None:
        """The `connection:` of an llm node."""
        value = self.block.get("connection")
        return str(value) if value not in (None, "") else None

    @property
    def source(self) -> Block:
        """`{type, path, tool}`."""
        value = self.block.get("source")
        return value if isinstance(value, Block) else Block(place=self.at)

    @property
    def activate(self) -> Block | None:
        """`{when, is}`."""
        value = self.block.get("activate")
        return value if isinstance(value, Block) else None

    @property
    def is_aggregation(self) -> bool:
        """It runs once over all lines of a batch run; never when a request is served."""
        return bool(self.block.get("aggregation") or self.block.get("reduce"))


def read_nodes(root: Block, report: Report) -> tuple[Node, ...]:
    """All nodes in the order of the file."""
    value = root.get("nodes")
    if value is None:
        return ()
    if not isinstance(value, Items):
        message = f"`nodes` is {a_kind(value)}, not a list"
        report.error("wrong-type", root.place_of("nodes"), message, "Write `- name: …` items.")
        return ()
    variants = block_of(root, "node_variants", report)
    nodes: list[Node] = []
    for index, item in enumerate(value):
        at = value.place_of(index)
        if not isinstance(item, Block) or not item.get("name"):
            message = "a node has no name" if isinstance(item, Block) else "a node is no mapping"
            report.error("flow-node-invalid", at, message, "Give it a `name`, `type` and `inputs`.")
            continue
        node = Node(str(item["name"]), item, item.place_of("name"))
        nodes.append(_default_variant(node, variants, report) if _varies(item) else node)
    return tuple(nodes)


def _varies(block: Block) -> bool:
    return bool(block.get("use_variants"))


def _default_variant(node: Node, variants: Block, report: Report) -> Node:
    """The node that promptflow runs where no other variant is asked for."""
    entry = variants.get(node.name)
    chosen = entry.get("default_variant_id") if isinstance(entry, Block) else None
    options = entry.get("variants") if isinstance(entry, Block) else None
    names = list(options) if isinstance(options, Block) else []
    variant = options.get(str(chosen)) if isinstance(options, Block) else None
    block = variant.get("node") if isinstance(variant, Block) else None
    if isinstance(block, Block):
        return Node(node.name, block, block.place if block.place.line else node.at)
    message = f"node `{node.name}` uses variants, and its default variant `{chosen}` is not there"
    known = f" ({', '.join(names)})" if names else ""
    fix = f"Name one of its variants{known} as `default_variant_id` under `node_variants`."
    report.error("flow-variant-missing", node.at, message, fix)
    return node
