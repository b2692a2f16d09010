"""Environments as they are registered: an image, or a build context.

Their documents are read in `environment_spec.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from specs.assets import warn_of_version
from specs.documents import Document, Findings, is_file, is_folder, shown
from specs.environment_spec import PROMPT_FLOW_ROUTES as PROMPT_FLOW_ROUTES
from specs.environment_spec import BuildContext, conda_text, present
from specs.environment_spec import EnvironmentSpec as EnvironmentSpec
from specs.environment_spec import read_environment as read_environment
from specs.upload import ModelFile, content_version, folder_files, text_version
from specs.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class EnvironmentImage:
    """An environment that is an image, with packages from a conda file or without."""

    name: str
    version: str
    properties: Mapping[str, object]

    @property
    def image(self) -> str:
        """The image that it starts from."""
        return str(self.properties["image"])

    def body(self) -> dict[str, object]:
        """The ARM request body."""
        return {"properties": dict(self.properties)}

    def id(self, workspace: Workspace) -> str:
        """ARM id of the version."""
        return workspace.asset_id("environments", self.name, version=self.version)


@dataclass(frozen=True, kw_only=True)
class EnvironmentBuild:
    """An environment that the workspace builds from a folder."""

    name: str
    version: str
    files: tuple[ModelFile, ...]
    """Paths are relative to the context."""
    texts: Mapping[str, str]
    """Files that we write: path in the context -> content. Empty for a folder of the user's."""
    uri: str | None = None
    """The context's address, when it is in the cloud already; there are no files then."""
    dockerfile_path: str | None
    inference_config: Mapping[str, object] | None
    properties: Mapping[str, object]

    def build(self, context_uri: str | None) -> dict[str, object]:
        """The part of `properties` that says what is built."""
        return {"build": present(contextUri=context_uri, dockerfilePath=self.dockerfile_path)}

    def body(self, context_uri: str | None) -> dict[str, object]:
        """The ARM request body; `context_uri`: where the context was uploaded, None before."""
        return {"properties": {**self.properties, **self.build(context_uri)}}

    def id(self, workspace: Workspace) -> str:
        """ARM id of the version."""
        return workspace.asset_id("environments", self.name, version=self.version)


def environment_of(
    spec: EnvironmentSpec, document: Document, *, default_name: str, findings: Findings
) -> EnvironmentImage | EnvironmentBuild | None:
    """What is registered for an environment; None after an error.

    Its version is the hash of what it holds; a document's own is not used (docs/documents.md).
    """
    if spec.version is not None:
        warn_of_version(spec.version, document, "environment", findings)
    conda = conda_text(spec, document, findings)
    if spec.build is not None:
        return _build_of(spec, spec.build, document, default_name=default_name, findings=findings)
    if spec.image is None:
        return None
    body = spec.properties_body(conda, context_uri=None)
    version = text_version(json.dumps(body, sort_keys=True))
    return EnvironmentImage(name=spec.name or default_name, version=version, properties=body)


def _build_of(
    spec: EnvironmentSpec,
    build: BuildContext,
    document: Document,
    *,
    default_name: str,
    findings: Findings,
) -> EnvironmentBuild | None:
    body = spec.properties_body(None, context_uri=None)
    body.pop("build", None)
    inference = spec.inference_config.body() if spec.inference_config else None
    if is_url(build.path):
        seed = json.dumps([body, build.dockerfile_path, build.path], sort_keys=True)
        return EnvironmentBuild(
            name=spec.name or default_name,
            version=text_version(seed),
            files=(),
            texts={},
            uri=build.path,
            dockerfile_path=build.dockerfile_path,
            inference_config=inference,
            properties=body,
        )
    files = _context_files(build, document, findings)
    if files is None:
        return None
    seed = json.dumps([body, build.dockerfile_path, content_version(files)], sort_keys=True)
    return EnvironmentBuild(
        name=spec.name or default_name,
        version=text_version(seed),
        files=files,
        texts={},
        dockerfile_path=build.dockerfile_path,
        inference_config=inference,
        properties=body,
    )


def is_url(text: str) -> bool:
    """Whether a build context is an address (of a repository, or of files in the cloud)."""
    parts = urlsplit(text)
    return bool(parts.scheme and parts.netloc)


def _context_files(
    build: BuildContext, document: Document, findings: Findings
) -> tuple[ModelFile, ...] | None:
    place = document.place("build", "path")
    folder = document.resolve(build.path)
    if not is_folder(folder):
        message = f"the build context {shown(folder, document.project)} is not a folder"
        findings.add("file-missing", message, fix="Correct the path.", at=place)
        return None
    dockerfile = build.dockerfile_path or "Dockerfile"
    if not is_file(folder / dockerfile):
        message = f"the build context has no file {dockerfile}"
        fix = "Add it, or say where it is: dockerfile_path."
        at = document.place("build", "dockerfile_path")
        findings.add("file-missing", message, fix=fix, at=at)
        return None
    return folder_files(folder)


def flow_environment(requirements: Path, *, name: str, image: str | None) -> EnvironmentBuild:
    """The environment for a flow with a requirements.txt: the prompt flow image and its packages.

    The image itself installs no requirements (facts, section 5), so a layer on top does, as in
    the article's "Deploy with a custom environment". `image`: the flow's own. Raises OSError.
    """
    routes = PROMPT_FLOW_ROUTES.body()
    properties: dict[str, object] = {
        "osType": "linux",
        "isAnonymous": False,
        "isArchived": False,
        "inferenceConfig": routes,
    }
    files = (ModelFile("requirements.txt", requirements),)
    texts = {"Dockerfile": DOCKERFILE.format(image=image or PROMPT_FLOW_IMAGE)}
    seed = json.dumps([properties, texts, content_version(files)], sort_keys=True)
    return EnvironmentBuild(
        name=name,
        version=text_version(seed),
        files=files,
        texts=texts,
        dockerfile_path="Dockerfile",
        inference_config=routes,
        properties=properties,
    )


PROMPT_FLOW_IMAGE = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20251211.v2"
"""The last version of the image (facts, section 7)."""
DOCKERFILE = """\
FROM {image}
COPY ./requirements.txt .
RUN pip install -r requirements.txt
"""
