"""Follows a deployment's document to what it names: model files, flow, environment, code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from specs.assets import say_unreadable, warn_of_version
from specs.deployment import DeploymentSpec, is_file_reference
from specs.documents import Document, Findings, is_file, is_folder, lacking, read_document, shown
from specs.environment import (
    PROMPT_FLOW_IMAGE,
    PROMPT_FLOW_ROUTES,
    EnvironmentBuild,
    EnvironmentImage,
    EnvironmentSpec,
    environment_of,
    flow_environment,
    read_environment,
)
from specs.flow import Flow, is_flow, read_flow
from specs.model import ModelSpec, ModelUpload, read_model
from specs.names import asset_name
from specs.references import (
    EnvironmentReference,
    ModelReference,
    parse_environment_reference,
    parse_model_reference,
    reference_fault,
)
from specs.served import CodeReference, CodeUpload, Deployment, flow_properties
from specs.tree import Block, Place
from specs.upload import ModelFile, content_version, folder_files, text_version

Environment = EnvironmentImage | EnvironmentBuild | EnvironmentReference


@dataclass(frozen=True)
class _Content:
    """What a model's path holds."""

    files: tuple[ModelFile, ...]
    flow: Flow | None = None
    readable: bool = True
    version: str = ""


@dataclass(frozen=True)
class Parts:
    """What a deployment names, as far as it is there."""

    model: ModelUpload | ModelReference | None = None
    environment: Environment | None = None
    flow: Flow | None = None
    code: CodeUpload | CodeReference | None = None


@dataclass(frozen=True)
class Resolver:
    """Resolves the deployments of one stack; flows are read once each."""

    project: Path
    contents: dict[Path, _Content] = field(default_factory=dict[Path, "_Content"])

    def deployment(
        self, spec: DeploymentSpec, document: Document, *, endpoint: str, findings: Findings
    ) -> Deployment:
        """The deployment with all that it names. What is missing is added to `findings`."""
        parts = self.parts(document, called=f"{endpoint}-{spec.name}", findings=findings)
        return Deployment(
            spec=spec,
            document=document,
            endpoint_name=endpoint,
            model=parts.model,
            environment=parts.environment,
            flow=parts.flow,
            code=parts.code,
        )

    def parts(self, document: Document, *, called: str, findings: Findings) -> Parts:
        """What a deployment's document names, also when other fields of it are wrong.

        `called`: name of what is registered for it and has no name of its own.
        """
        try:
            model, flow = self._model(document, findings)
            environment = _environment(document, flow, called, findings)
            code = _code(document, called, findings)
        except OSError as error:
            say_unreadable(error, findings, project=self.project, at=document.place())
            return Parts()
        return Parts(model, environment, flow, code)

    def _model(
        self, document: Document, findings: Findings
    ) -> tuple[ModelUpload | ModelReference | None, Flow | None]:
        written = document.get("model")
        if isinstance(written, str) and not is_file_reference(written):
            sound = reference_fault(written, "models") is None
            return (parse_model_reference(written) if sound else None), None
        part = named_document(document, "model", findings)
        if part is None:
            return None, None
        model = read_model(part, findings, inline=isinstance(written, Mapping))
        if model is None:
            return None, None
        if model.version is not None:
            warn_of_version(model.version, part, "model", findings)
        return self.upload(model, part, findings)

    def upload(
        self, model: ModelSpec, document: Document, findings: Findings
    ) -> tuple[ModelUpload | None, Flow | None]:
        """What is registered for a model's document, and the flow that it holds."""
        if model.path is None:
            message = "`path` is missing: a model that is not registered yet needs its files"
            fix = "Add path: ../flows/NAME."
            findings.add("missing-field", message, fix=fix, at=document.place())
            return None, None
        if model.is_remote:
            return _remote(model, model.path), None
        path = document.resolve(model.path)
        if not (is_file(path) or is_folder(path)):
            message = f"{shown(path, self.project)} {lacking(path)}"
            fix = "Correct the path (relative to the file it stands in)."
            findings.add("file-missing", message, fix=fix, at=document.place("path"))
            return None, None
        content = self._content(path, document.place("path"), findings)
        if not content.readable:
            return None, content.flow
        if not content.files:
            message = f"{shown(path, self.project)} holds no files to upload"
            fix = "Check the path and its .amlignore or .gitignore."
            findings.add("folder-empty", message, fix=fix, at=document.place("path"))
            return None, content.flow
        flow = content.flow
        upload = ModelUpload(
            name=model.name or asset_name(flow.name if flow else path.name),
            version=content.version,
            files=content.files,
            folder=path,
            uri=None,
            spec=model,
            properties=flow_properties(flow, model.properties) if flow else dict(model.properties),
        )
        return upload, flow

    def _content(self, path: Path, at: Place, findings: Findings) -> _Content:
        if path not in self.contents:
            try:
                self.contents[path] = self._read(path, findings)
            except OSError as error:
                say_unreadable(error, findings, project=self.project, at=at)
                self.contents[path] = _Content((), readable=False)
        return self.contents[path]

    def _read(self, path: Path, findings: Findings) -> _Content:
        if is_flow(path):
            read = read_flow(path, project=self.project)
            findings.found.extend(read.findings)
            if read.flow is None:
                return _Content((), readable=False)
            files = read.flow.upload_files()
            return _Content(files, read.flow, version=content_version(files))
        files = (ModelFile(path.name, path),) if is_file(path) else folder_files(path, path.name)
        return _Content(files, version=content_version(files))


def _environment(
    document: Document, flow: Flow | None, called: str, findings: Findings
) -> Environment | None:
    written = document.get("environment")
    if written is None:
        return _default_environment(flow, called)
    if isinstance(written, str) and not is_file_reference(written):
        sound = reference_fault(written, "environments") is None
        return parse_environment_reference(written) if sound else None
    part = named_document(document, "environment", findings)
    environment = read_environment(part, findings) if part is not None else None
    if part is None or environment is None:
        return None
    return environment_of(environment, part, default_name=called, findings=findings)


def named_document(document: Document, field: str, findings: Findings) -> Document | None:
    """The model or environment of a deployment as a document: inline, or a YAML file."""
    value = document.root.get(field)
    if isinstance(value, Block):
        return Document(value, document.directory, document.project, document.path)
    if not isinstance(value, str):
        return None
    path = document.resolve(value.removeprefix("file:"))
    at = document.place(field)
    return read_document(path, project=document.project, at=at, findings=findings)


def _remote(model: ModelSpec, uri: str) -> ModelUpload:
    return ModelUpload(
        name=model.name or "model",
        version=model.version or text_version(uri),
        files=(),
        folder=None,
        uri=uri,
        spec=model,
        properties=dict(model.properties),
    )


def _default_environment(flow: Flow | None, name: str) -> Environment | None:
    if flow is None:
        return None
    if flow.requirements is not None and is_file(flow.requirements):
        return flow_environment(flow.requirements, name=name, image=flow.image)
    spec = EnvironmentSpec(
        image=flow.image or PROMPT_FLOW_IMAGE, inference_config=PROMPT_FLOW_ROUTES
    )
    body = spec.properties_body(None, context_uri=None)
    return EnvironmentImage(name=name, version=text_version(json.dumps(body)), properties=body)


def _code(document: Document, called: str, findings: Findings) -> CodeUpload | CodeReference | None:
    written = document.get("code_configuration", "code")
    if not isinstance(written, str):
        return None
    if written.startswith(("azureml:", "/subscriptions/")):
        return CodeReference(written)
    place = document.place("code_configuration", "code")
    folder = document.resolve(written)
    if not is_folder(folder):
        message = f"the code folder {shown(folder, document.project)} does not exist"
        findings.add("file-missing", message, fix="Correct the path.", at=place)
        return None
    script = document.get("code_configuration", "scoring_script")
    if isinstance(script, str) and not is_file(folder / script):
        message = f"the code folder has no file {script}"
        at = document.place("code_configuration", "scoring_script")
        findings.add("file-missing", message, fix="Correct its name.", at=at)
    files = folder_files(folder)
    return CodeUpload(name=called, version=content_version(files), files=files)
