"""Builders for tests of the rule book: a stack as files, reviewed without Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from specs.documents import Document
from specs.findings import Finding
from specs.flow import Flow, read_flow
from specs.rules import Circumstances, Listed, ListedDeployment, review_stack, silenced
from specs.tree import Block, parse_tree
from specs.workspace import Workspace

WORKSPACE = Workspace("sub-1", "rg-flows", "mlw-flows", "westeurope")

ENDPOINT = "name: chat\nauth_mode: key\n"
FLOW = (
    "inputs:\n  question: {type: string}\n"
    "outputs:\n  answer: {type: string, reference: '${echo.output}'}\n"
)
NODES = (
    "nodes:\n- name: echo\n  type: python\n  source: {type: code, path: echo.py}\n"
    "  inputs: {question: '${inputs.question}'}\n"
)
ECHO = (
    "from promptflow.core import tool\n\n\n"
    "@tool\ndef echo(question: str) -> str:\n    return question\n"
)


def a_deployment(extra: str = "", *, name: str = "blue", size: str = "Standard_DS3_v2") -> str:
    """A managed deployment of the flow beside it."""
    head = f"name: {name}\nmodel:\n  path: flow\ninstance_type: {size}\ninstance_count: 1\n"
    return head + extra


def a_chat_flow(connection: str = "my_connection") -> dict[str, str]:
    """A flow with one node that uses a connection."""
    node = (
        "nodes:\n- name: answer\n  type: llm\n  source: {type: code, path: ask.jinja2}\n"
        "  inputs: {deployment_name: gpt, question: '${inputs.question}'}\n"
        f"  connection: {connection}\n  api: chat\n"
    )
    chat = (
        "inputs:\n  question: {type: string, is_chat_input: true}\n"
        "  chat_history: {type: list, is_chat_history: true, default: []}\n"
        "outputs:\n  answer: {type: string, reference: '${answer.output}', is_chat_output: true}\n"
    )
    return {"flow/flow.dag.yaml": chat + node, "flow/ask.jinja2": "user:\n{{question}}\n"}


def a_flow(code: str = ECHO) -> dict[str, str]:
    """A flow with one Python node and no connection."""
    return {"flow/flow.dag.yaml": FLOW + NODES, "flow/echo.py": code}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One endpoint of a stack, with everything around it, as text."""

    endpoint: str = ENDPOINT
    deployments: tuple[str, ...] = (a_deployment(),)
    files: Mapping[str, str] = field(default_factory=a_flow)
    entry: str = "endpoint: endpoint.yml\n"
    config: str = "resourceGroup: rg-flows\n"
    connections: tuple[str, ...] = ()
    seen: Circumstances = field(default_factory=Circumstances)
    twice: int = 1
    """How many times the endpoint is listed."""


def on(deployment: str, *, files: Mapping[str, str] | None = None, endpoint: str = "") -> Scene:
    """A scene that differs in its deployment."""
    return Scene(
        deployments=(deployment,),
        files=a_flow() if files is None else files,
        endpoint=endpoint or Scene().endpoint,
    )


def with_variables(lines: str, *, files: Mapping[str, str] | None = None) -> Scene:
    """A deployment with environment variables, one a line."""
    indented = "".join(f"  {line}\n" for line in lines.splitlines())
    return on(a_deployment(f"environment_variables:\n{indented}"), files=files)


def findings_of(scene: Scene, folder: Path) -> tuple[Finding, ...]:
    """What the rule book says about a scene, silences applied."""
    for name, text in scene.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    deployments = tuple(
        _listed(text, f"deployment-{number}.yml", folder)
        for number, text in enumerate(scene.deployments)
    )
    listed = Listed(
        endpoint=_document(scene.endpoint, "endpoint.yml", folder),
        deployments=deployments,
        entry=_block(scene.entry, "Pulumi.test.yaml"),
    )
    config = _block(scene.config, "Pulumi.test.yaml")
    reviewed = review_stack(
        config,
        (listed,) * scene.twice,
        workspace=WORKSPACE,
        connections=[_document(text, "connection.yml", folder) for text in scene.connections],
        seen=scene.seen,
    )
    return silenced(reviewed.findings, config)


def _listed(text: str, name: str, folder: Path) -> ListedDeployment:
    document = _document(text, name, folder)
    path = document.get("model", "path")
    flow: Flow | None = None
    if isinstance(path, str):
        flow = read_flow(document.resolve(path), project=folder).flow
    return ListedDeployment(document=document, flow=flow)


def _document(text: str, name: str, folder: Path) -> Document:
    return Document(_block(text, name), folder, folder, folder / name)


def _block(text: str, name: str) -> Block:
    parsed = parse_tree(text.encode(), name)
    assert parsed.faults == ()
    return cast(Block, parsed.root)
