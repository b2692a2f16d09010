"""The document of an environment, also inline in a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, cast

import yaml
from pydantic import BeforeValidator, Field

from specs.assets import check_asset_name
from specs.documents import Document, Findings, a_kind, shown
from specs.fields import EMPTY, Text, TextMap, Version, Whole, one_of, refuse
from specs.spec import Spec, read_spec
from specs.tree import plain, read_tree


class Route(Spec):
    """Where the container listens for one purpose."""

    port: Whole
    path: Text


class InferenceConfig(Spec):
    """What the platform must know to serve with an image that it did not build."""

    liveness_route: Route
    readiness_route: Route
    scoring_route: Route

    def body(self) -> dict[str, object]:
        """The ARM form."""
        return {
            "livenessRoute": self.liveness_route.model_dump(),
            "readinessRoute": self.readiness_route.model_dump(),
            "scoringRoute": self.scoring_route.model_dump(),
        }


PROMPT_FLOW_ROUTES = InferenceConfig(
    liveness_route=Route(port=8080, path="/health"),
    readiness_route=Route(port=8080, path="/health"),
    scoring_route=Route(port=8080, path="/score"),
)
"""Where the prompt flow runtime listens (the article, "Define the deployment")."""


class BuildContext(Spec):
    """A folder with a Dockerfile, from which the workspace builds the image."""

    path: Text
    dockerfile_path: Text | None = None


def _conda(value: object) -> object:
    if isinstance(value, str | Mapping):
        return cast(object, value)
    kind = "empty" if value is EMPTY else a_kind(value)
    raise refuse(f"is {kind}; a path or a mapping is expected", "Give the path of a conda file.")


class AutoDelete(Spec):
    """`auto_delete_setting`, which azure-ai-ml accepts and does not send for environments."""

    condition: (
        Annotated[str, one_of("created_greater_than", "last_accessed_greater_than")] | None
    ) = None
    value: Text | None = None


class EnvironmentSpec(Spec):
    """An environment's YAML, also inline in a deployment."""

    name: Text | None = None
    version: Version | None = None
    description: Text | None = None
    tags: TextMap = Field(default_factory=dict)
    image: Text | None = None
    build: BuildContext | None = None
    conda_file: Annotated[object, BeforeValidator(_conda)] = None
    inference_config: InferenceConfig | None = None
    os_type: Annotated[str, one_of("linux", "windows", camel=False)] | None = None
    datastore: Text | None = None
    auto_delete_setting: AutoDelete | None = None

    read_only: ClassVar[frozenset[str]] = frozenset(
        {"id", "creation_context", "latest_version", "intellectual_property"}
    )

    def properties_body(self, conda: str | None, *, context_uri: str | None) -> dict[str, object]:
        """`properties` of the ARM body. `conda`: the conda file as text."""
        build = None
        if self.build is not None:
            build = present(contextUri=context_uri, dockerfilePath=self.build.dockerfile_path)
        return present(
            condaFile=conda,
            image=self.image,
            build=build,
            osType=self.os_type,
            tags=dict(self.tags) or None,
            isAnonymous=False,
            isArchived=False,
            inferenceConfig=self.inference_config.body() if self.inference_config else None,
            description=self.description,
        )


def present(**values: object) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None}


def read_environment(document: Document, findings: Findings) -> EnvironmentSpec | None:
    """The environment of a document, or None after an error."""
    for key in ("channels", "dependencies"):
        if key in document.root:
            message = "this is a conda file, not an environment"
            fix = "Write an environment with `image:` and the path of this file as `conda_file:`."
            findings.add("conda-not-environment", message, fix=fix, at=document.place(key))
            return None
    spec = read_spec(EnvironmentSpec, document.root, findings=findings)
    if spec is None:
        return None
    if spec.version is not None and spec.name is None:
        message = "`version` without `name`: an environment with a version needs a name"
        findings.add("missing-field", message, fix="Add a name.", at=document.place("version"))
    if spec.image is None and spec.build is None:
        message = "an environment needs `image` or `build`"
        findings.add("missing-field", message, fix="Add one of them.", at=document.place())
    if spec.image is not None and spec.build is not None:
        message = "`image` and `build` exclude each other"
        findings.add("fields-exclusive", message, fix="Keep one.", at=document.place("build"))
    if spec.name is not None:
        check_asset_name(spec.name, document, findings)
    return spec


def conda_text(spec: EnvironmentSpec, document: Document, findings: Findings) -> str | None:
    """The conda file as azure-ai-ml sends it: its data, dumped with sorted keys."""
    data: object = spec.conda_file
    if isinstance(data, str):
        path = document.resolve(data)
        name = shown(path, document.project)
        parsed = read_tree(path, name)
        for fault in parsed.faults:
            at = document.place("conda_file") if fault.place.line is None else fault.place
            message = f"conda file {name}: {fault.message}"
            findings.add(fault.id, message, fix=fault.fix, at=at)
        data = parsed.root
    if not isinstance(data, Mapping):
        return None
    return yaml.dump(plain(cast(object, data)), sort_keys=True) if data else None
