"""Reads a flow folder: the way in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from specs.flow.contents import Contents, read_contents
from specs.flow.dag import Interface, read_dag
from specs.flow.definition import Definition, find_definition
from specs.flow.environment_reads import connections_in_code, environment_reads
from specs.flow.flex import read_flex, sample_part
from specs.flow.flow import EnvRead, Flow, FlowRead, Kind
from specs.flow.includes import written_includes
from specs.flow.ports import block_of, chat_of, environment_variables
from specs.flow.prompty import (
    Prompty,
    check_references,
    prompty_connections,
    prompty_files,
    prompty_interface,
    prompty_sample,
    read_prompty,
)
from specs.flow.python_source import Sources
from specs.flow.report import Report
from specs.flow.sample import sample_request
from specs.flow.usage import ConnectionUse
from specs.tree import Block, Place, read_tree


def read_flow(folder: Path, *, project: Path | None = None) -> FlowRead:
    """Reads a flow folder, or the one of a definition file that is named.

    Findings name files relative to `project` (default: the working directory). Never executes
    the flow's code and never raises for what is in the folder.
    """
    path = _absolute(folder)
    report = Report(f"flow {path.name}", project=_absolute(project or Path()))
    definition = find_definition(path, report)
    flow = _read(definition, report) if definition is not None else None
    return FlowRead(flow, tuple(report.found))


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow links


def _read(definition: Definition, report: Report) -> Flow | None:
    report.subject = f"flow {definition.folder.name}"
    root = _root(definition, report)
    if root is None:
        return None
    includes = () if definition.is_prompty else written_includes(root, report)
    contents = read_contents(definition.folder, includes=includes, report=report)
    parts = _Parts(definition, root, contents, Sources(contents, report), report)
    return parts.flow(tuple(path for path, _ in includes))


def _root(definition: Definition, report: Report) -> Block | None:
    if definition.is_prompty:
        prompty = read_prompty(definition.file, definition.path, report)
        return prompty.root if prompty is not None else None
    parsed = read_tree(definition.path, report.shown(definition.path))
    report.add_faults(parsed.faults)
    return parsed.root


@dataclass
class _Parts:
    """What the parts of a flow are read from."""

    definition: Definition
    root: Block
    contents: Contents
    sources: Sources
    report: Report

    def flow(self, includes: tuple[str, ...]) -> Flow:
        """All parts together."""
        uses = ConnectionUse()
        kind = self._kind()
        self._check_language()
        prompties = self._prompties(kind)
        interface = self._interface(kind, uses)
        variables = environment_variables(self.root, self.report)
        uses.add_environment(variables)
        reads = self._code_and_prompts(prompties, uses)
        self._check_dotenv()
        chat = chat_of(interface.inputs, interface.outputs)
        return Flow(
            path=self.report.shown(self.definition.folder),
            folder=self.definition.folder,
            name=self.definition.folder.name,
            kind=kind,
            definition=self.definition.file,
            inputs=interface.inputs,
            outputs=interface.outputs,
            init=interface.init,
            sample_init=bool(sample_part(self.root, "init", self.contents)),
            is_chat=chat.is_chat,
            chat_input=chat.input,
            chat_output=chat.output,
            chat_history=chat.history,
            is_evaluation=interface.has_aggregation or self.root.get("type") == "evaluation",
            connections=uses.as_mapping(),
            requirements=self._requirements(),
            image=self._image(),
            additional_includes=includes,
            environment_variables=variables,
            env_reads=reads,
            dotenv=self.contents.dotenv,
            sample_request=self._sample(kind, interface),
            files=self.contents.uploads(),
        )

    def _kind(self) -> Kind:
        """By content, as promptflow: whatever has an `entry` is a flex flow."""
        if self.definition.is_prompty:
            return "prompty"
        named_flex = self.definition.file.startswith("flow.flex.")
        return "flex" if "entry" in self.root or named_flex else "dag"

    def _interface(self, kind: Kind, uses: ConnectionUse) -> Interface:
        if kind == "prompty":
            prompty = self._own_prompty()
            return prompty_interface(prompty, self.contents, self.report)
        read = read_flex if kind == "flex" else read_dag
        return read(self.root, sources=self.sources, uses=uses, report=self.report)

    def _own_prompty(self) -> Prompty:
        own = read_prompty(self.definition.file, self.definition.path, self.report)
        return own or Prompty(self.definition.file, self.definition.path, self.root, ())

    def _prompties(self, kind: Kind) -> tuple[Prompty, ...]:
        """Those that are in play: the flow itself, or what its code may load."""
        if kind == "prompty":
            return (self._own_prompty(),)
        return tuple(prompty_files(self.contents, self.report))

    def _code_and_prompts(
        self, prompties: tuple[Prompty, ...], uses: ConnectionUse
    ) -> tuple[EnvRead, ...]:
        reads: list[EnvRead] = []
        for prompty in prompties:
            check_references(prompty, self.contents, self.report)
            prompty_connections(prompty, self.contents, uses)
            reads += prompty.env_reads
        for module in self.sources.all():
            reads += environment_reads(module)
            for connection in connections_in_code(module):
                uses.add(connection, module.path)
        return tuple(reads)

    def _sample(self, kind: Kind, interface: Interface) -> Mapping[str, object] | None:
        if not interface.is_known:
            return None
        own: dict[str, object] = {}
        if kind == "prompty":
            own = prompty_sample(self._own_prompty(), self.contents)
        elif kind == "flex":
            own = sample_part(self.root, "inputs", self.contents)
        return sample_request(
            interface.inputs,
            own=own,
            contents=self.contents,
            at=Place(self.report.shown(self.definition.path), self.root.place_of("sample").line),
            report=self.report,
        )

    def _requirements(self) -> Path | None:
        environment = block_of(self.root, "environment", self.report)
        named = environment.get("python_requirements_txt")
        if named is None:
            return self.contents.files.get("requirements.txt")
        relative = str(named).removeprefix("./")
        beside = self.definition.folder / relative
        source = self.contents.files.get(relative)
        if source is not None or beside.is_file():
            return source or beside
        at = environment.place_of("python_requirements_txt")
        message = f"the requirements file `{named}` is not there"
        fix = "Correct the path, or remove the line."
        self.report.warning("flow-requirements-missing", at, message, fix)
        return None

    def _image(self) -> str | None:
        image = block_of(self.root, "environment", self.report).get("image")
        return str(image) if image else None

    def _check_language(self) -> None:
        language = self.root.get("language", "python")
        if language != "python":
            message = f"the flow is written in `{language}`; an endpoint serves Python flows only"
            at = self.root.place_of("language")
            self.report.error("flow-language", at, message, "Serve it in a container of its own.")

    def _check_dotenv(self) -> None:
        for path in self.contents.dotenv:
            at = self.report.place(self.definition.folder / path)
            message = f"`{path}` may hold secrets and is not uploaded: its variables stay unset"
            fix = "Set what the flow needs under `environment_variables` of the deployment."
            self.report.warning("flow-dotenv", at, message, fix)
