"""A flow folder that a test writes, and what reading it gives."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

from specs.findings import Finding
from specs.flow import Flow, FlowRead, read_flow

CHAT = """
    inputs:
      question: {type: string, is_chat_input: true}
      chat_history: {type: list, is_chat_history: true, default: []}
    outputs:
      answer: {type: string, reference: "${reply.output}", is_chat_output: true}
    nodes:
    - name: reply
      type: llm
      provider: AzureOpenAI
      api: chat
      connection: open_ai_connection
      source: {type: code, path: reply.jinja2}
      inputs: {question: "${inputs.question}", chat_history: "${inputs.chat_history}"}
"""


class FlowFolder:
    """`project / name`, with findings relative to `project`."""

    def __init__(self, project: Path, name: str = "greeter") -> None:
        self.project = project
        self.path = project / name
        self.path.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, text: str | bytes = "") -> FlowFolder:
        """Writes a file; text loses its common indentation."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())
        return self

    def dag(self, text: str) -> FlowFolder:
        """Writes flow.dag.yaml."""
        return self.put("flow.dag.yaml", text)

    def flex(self, code: str, definition: str = "entry: greet:greet\n") -> FlowFolder:
        """Writes flow.flex.yaml and greet.py."""
        return self.put("flow.flex.yaml", definition).put("greet.py", code)

    def samples(self, *requests: object) -> FlowFolder:
        """Writes samples.json."""
        return self.put("samples.json", json.dumps(list(requests)))

    def read(self, name: str = "") -> FlowRead:
        """Reads the folder, or a file in it."""
        return read_flow(self.path / name, project=self.project)

    def flow(self) -> Flow:
        """The flow, which must be without errors."""
        read = self.read()
        assert not errors(read), errors(read)
        assert read.flow is not None
        return read.flow

    def uploads(self) -> list[str]:
        """What is uploaded, below the top folder."""
        flow = self.read().flow
        assert flow is not None
        tops = {file.path.partition("/")[0] for file in flow.upload_files()}
        assert tops == {self.path.name}
        return [file.path.partition("/")[2] for file in flow.upload_files()]


def a_chat_flow(project: Path) -> FlowFolder:
    """A chat flow that has all it needs."""
    return FlowFolder(project).dag(CHAT).put("reply.jinja2", "system:\nBe kind.\n")


def errors(read: FlowRead) -> list[Finding]:
    """Findings that stop a deployment."""
    return [finding for finding in read.findings if finding.severity == "error"]


def told(read: FlowRead) -> list[tuple[str, str | None, int | None]]:
    """(rule, file, line) of every finding."""
    return [(finding.id, finding.file, finding.line) for finding in read.findings]


def rules(read: FlowRead) -> set[str]:
    """Ids of every finding."""
    return {finding.id for finding in read.findings}
