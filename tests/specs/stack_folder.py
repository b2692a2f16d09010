"""Builds project folders for tests: files by relative path, and a stack that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from specs.findings import Finding
from specs.stack import Checked, Stack, load_stack_file

HEAD = """\
config:
  azure-native:subscriptionId: 10ca1000-0000-4000-8000-000000000001
  azure-native:location: westeurope
  flow-endpoints:resourceGroup: rg-local
  flow-endpoints:workspace: mlw-local
"""
ENDPOINT = "name: basic-chat\nauth_mode: key\n"
DEPLOYMENT = """\
name: blue
endpoint_name: basic-chat
model:
  path: ../flow
environment:
  image: registry/image@sha256:0000000000000000000000000000000000000000000000000000000000000000
  inference_config:
    liveness_route: {path: /health, port: 8080}
    readiness_route: {path: /health, port: 8080}
    scoring_route: {path: /score, port: 8080}
instance_type: Standard_DS3_v2
instance_count: 3
"""
FLOW = """\
inputs:
  question: {type: string, is_chat_input: true}
  chat_history: {type: list, is_chat_history: true}
outputs:
  answer: {type: string, reference: "${answer.output}", is_chat_output: true}
nodes:
- name: answer
  type: llm
  source: {type: code, path: chat.jinja2}
  inputs: {deployment_name: gpt, question: "${inputs.question}"}
  connection: open_ai_connection
  api: chat
"""
ONE_SERVICE = """\
  flow-endpoints:endpoints:
    - endpoint: deploy/endpoint.yml
      deployments: [deploy/blue.yml]
"""


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return folder


def a_project(
    folder: Path, *, services: str = ONE_SERVICE, head: str = HEAD, **changes: str
) -> Path:
    """A project with one endpoint, one deployment and one chat flow, in a stack named dev.

    `changes`: `endpoint`, `blue`, `green` replace deploy/<name>.yml; `flow` replaces the flow.
    """
    files: dict[str, str | bytes] = {
        "Pulumi.dev.yaml": head + services,
        "deploy/endpoint.yml": ENDPOINT,
        "deploy/blue.yml": DEPLOYMENT,
        "flow/flow.dag.yaml": FLOW,
        "flow/chat.jinja2": "# user:\n{{question}}\n",
    }
    names = {"flow": "flow/flow.dag.yaml"}
    for name, content in changes.items():
        files[names.get(name, f"deploy/{name}.yml")] = content
    return write(folder, files)


def check(project: Path) -> Checked:
    """The stack as its file says it."""
    return load_stack_file("dev", directory=project)


def the_stack(project: Path) -> Stack:
    """The stack, which has no errors."""
    checked = check(project)
    assert checked.stack is not None, errors(checked)
    return checked.stack


def errors(checked: Checked) -> list[Finding]:
    """Its errors."""
    return [finding for finding in checked.findings if finding.severity == "error"]


def brief(checked: Checked) -> list[tuple[str, str | None, int | None]]:
    """Its errors as (rule, file, line)."""
    return [(finding.id, finding.file, finding.line) for finding in errors(checked)]
