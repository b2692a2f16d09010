"""Builders: a user's project on disk, read by the real `specs`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from components.survey import Survey
from specs.rules import Circumstances
from specs.stack import Checked, FlowService, Stack, load_stack

CONNECTION = "open_ai_connection"
ROUTES = {
    "liveness_route": {"path": "/health", "port": 8080},
    "readiness_route": {"path": "/health", "port": 8080},
    "scoring_route": {"path": "/score", "port": 8080},
}


@dataclass
class Project:
    """A folder with a flow and the YAML files of an endpoint called `chat`."""

    folder: Path
    config: dict[str, object] = field(default_factory=dict[str, object])
    survey: Survey = field(default_factory=Survey)
    """What is in Azure already."""

    def write(self, path: str, content: object) -> str:
        """A file: text as it stands, anything else as YAML. Returns its path."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    def endpoint(self, **fields: object) -> str:
        """endpoint.yml."""
        return self.write("endpoint.yml", {"name": "chat", "auth_mode": "key", **fields})

    def deployment(self, name: str = "blue", **fields: object) -> str:
        """<name>.yml, serving the flow in an image."""
        document = {
            "name": name,
            "model": {"name": "chat-model", "path": "flow"},
            "environment": {"image": "theirs.azurecr.io/flows:1", "inference_config": ROUTES},
            "instance_type": "Standard_DS3_v2",
            "instance_count": 1,
            **fields,
        }
        return self.write(f"{name}.yml", document)

    def flow(self, *, connection: str | None = CONNECTION) -> None:
        """A flow with one node, which uses a connection or is plain Python."""
        node: dict[str, object] = {"name": "answer", "inputs": {"question": "${inputs.question}"}}
        if connection:
            node |= {
                "type": "llm",
                "source": {"type": "code", "path": "chat.jinja2"},
                "connection": connection,
                "api": "chat",
                "inputs": {"deployment_name": "gpt", "question": "${inputs.question}"},
            }
            self.write("flow/chat.jinja2", "user:\n{{question}}\n")
        else:
            node |= {"type": "python", "source": {"type": "code", "path": "answer.py"}}
            self.write("flow/answer.py", "def answer(question: str) -> str:\n    return question\n")
        self.write(
            "flow/flow.dag.yaml",
            {
                "inputs": {"question": {"type": "string", "default": "Why?"}},
                "outputs": {"answer": {"type": "string", "reference": "${answer.output}"}},
                "nodes": [node],
            },
        )
        self.write("flow/samples.json", json.dumps([{"question": "What's Azure ML?"}]))

    def stack(self) -> Stack:
        """The stack `local`; anything wrong with it fails the test."""
        checked = self.checked()
        assert checked.stack is not None, checked.findings
        return checked.stack

    def checked(self, seen: Circumstances | None = None) -> Checked:
        """The stack `local`, and what is found about it and about what was `seen` in Azure."""
        services = [{"endpoint": "endpoint.yml", "deployments": ["blue.yml"]}]
        config: dict[str, object] = {
            "azure-native:subscriptionId": "00000000-0000-0000-0000-00000000000a",
            "azure-native:location": "westeurope",
            "flow-endpoints:resourceGroup": "rg-theirs",
            "flow-endpoints:workspace": "mlw-theirs",
            "flow-endpoints:endpoints": services,
            **{f"flow-endpoints:{key}": value for key, value in self.config.items()},
        }
        return load_stack("local", config, directory=self.folder, file=None, seen=seen)

    def service(self) -> FlowService:
        """The stack's only endpoint."""
        (service,) = self.stack().services
        return service


def their_project(folder: Path) -> Project:
    """A project with a flow that uses a connection, an endpoint and one deployment."""
    project = Project(folder)
    project.flow()
    project.endpoint()
    project.deployment()
    return project
