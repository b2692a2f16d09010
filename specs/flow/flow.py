"""What a flow folder says, as plain data.

Owns the shapes and their JSON form. Reading is done by the modules beside this one; what a
deployment may do with a flow is decided by the rule book.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from specs.findings import Finding
from specs.upload import ModelFile

Kind = Literal["dag", "flex", "prompty"]


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""A field without a default; None is a default."""


@dataclass(frozen=True, kw_only=True)
class Port:
    """An input, an output or an init parameter of a flow."""

    type: str
    """promptflow's name: string, int, double, bool, list, object, image, ... For init parameters
    also a connection class or a model configuration class."""
    default: object = ABSENT
    description: str = ""
    is_chat_input: bool = False
    is_chat_output: bool = False
    is_chat_history: bool | None = None
    """None: not said, so that the name `chat_history` decides."""

    @property
    def required(self) -> bool:
        """True where a request must give it."""
        return self.default is ABSENT

    def as_dict(self) -> dict[str, object]:
        """`{"type"}`, and `"default"` and `"description"` where the flow has them."""
        data: dict[str, object] = {"type": self.type}
        if self.default is not ABSENT:
            data["default"] = self.default
        if self.description:
            data["description"] = self.description
        return data


@dataclass(frozen=True, kw_only=True)
class EnvRead:
    """One place where the flow's own code or prompts read an environment variable."""

    name: str
    file: str
    """Path as in findings: relative to the project."""
    line: int
    required: bool
    """True where the read fails without the variable: `os.environ["NAME"]`."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A flow folder that was read; nothing of it was executed."""

    path: str
    """The folder as given, with forward slashes, relative to the project where it is inside."""
    folder: Path
    """The folder, absolute."""
    name: str
    """The folder's name: the top folder of the upload and so the flow's name when served."""
    kind: Kind
    definition: str
    """The defining file's name: `flow.dag.yaml`, `chat.prompty`."""
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    """A flex flow or prompty that answers one plain value has `output`."""
    init: Mapping[str, Port]
    """Parameters of a flex flow's class: from PF_FLOW_INIT_CONFIG, else `sample.init`."""
    sample_init: bool
    """The definition gives `sample.init`, which promptflow falls back to when it serves."""
    is_chat: bool
    chat_input: str | None
    chat_output: str | None
    chat_history: str | None
    """By flag, else an input named `chat_history`; None in a flow without a chat input."""
    is_evaluation: bool
    """It has aggregation nodes, or says `type: evaluation`: made for batch runs."""
    connections: Mapping[str, tuple[str, ...]]
    """Connection name -> what uses it: node names, `environment_variables.NAME`, `init.NAME`,
    `*.prompty` or `*.py` files. In order of appearance."""
    requirements: Path | None
    """The requirements file that the flow names, else its requirements.txt."""
    image: str | None
    """`environment.image` of the definition."""
    additional_includes: tuple[str, ...]
    """As written, with forward slashes and without a trailing one."""
    environment_variables: Mapping[str, str]
    """The definition's own defaults, as promptflow sets them: mappings and lists as JSON."""
    env_reads: tuple[EnvRead, ...]
    dotenv: tuple[str, ...]
    """`.env` files, relative to the folder. They are not uploaded."""
    sample_request: Mapping[str, object] | None
    """A body for POST /score; None where no honest one can be made."""
    files: tuple[ModelFile, ...]

    def upload_files(self) -> tuple[ModelFile, ...]:
        """Everything that the model holds, below one folder named like the flow's, sorted by path.

        Includes are resolved, files that .amlignore or .gitignore names are left out.
        """
        return self.files

    def as_dict(self) -> dict[str, object]:
        """The JSON of `python -m specs check --json`, one item of `flows`.

        `inputs` and `outputs` are `{name: {"type", "default"?, "description"?}}`, `connections`
        `{name: [what uses it]}`, `additional_includes` a list of paths, `requirements` a path or
        null; paths are posix and relative to the flow folder.
        """
        return {
            "path": self.path,
            "kind": self.kind,
            "is_chat": self.is_chat,
            "chat_input": self.chat_input,
            "chat_output": self.chat_output,
            "chat_history": self.chat_history,
            "inputs": {name: port.as_dict() for name, port in self.inputs.items()},
            "outputs": {name: port.as_dict() for name, port in self.outputs.items()},
            "connections": {name: list(users) for name, users in self.connections.items()},
            "additional_includes": list(self.additional_includes),
            "requirements": self._requirements_path(),
        }

    def _requirements_path(self) -> str | None:
        if self.requirements is None:
            return None
        try:
            return Path(os.path.relpath(self.requirements, self.folder)).as_posix()
        except ValueError:  # another drive
            return self.requirements.as_posix()


@dataclass(frozen=True)
class FlowRead:
    """What reading gave. `flow` is None where there is no definition that can be understood."""

    flow: Flow | None
    findings: tuple[Finding, ...]
