"""Environments: images that can serve, stay the same, and hold what the flow needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from specs.documents import is_file, shown
from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT, ENVIRONMENT
from specs.rules.subjects import DeploymentCase, EnvironmentCase, Part
from specs.tree import Place

_CUSTOM = "the article, Deploy with a custom environment"
_SERVING = "Troubleshoot online endpoints: MissingDriverProgram"
_PINNING = "Microsoft: pin images of production deployments by digest"

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@DEPLOYMENT.rule("inference-config-missing", "error", source=_SERVING)
def inference_config(case: DeploymentCase) -> Iterator[Problem]:
    """A flow's own environment says where its server listens (`inference_config`).

    Without it, and without a scoring script, the deployment fails with MissingDriverProgram.
    """
    environment = case.environment
    if environment is None or case.part.has("code_configuration"):
        return
    made = environment.part.has("image") or environment.part.has("build")
    packaged = case.part.text("model", "type") in ("mlflow_model", "triton_model")
    if not made or environment.part.has("inference_config") or packaged:
        return
    yield Problem(
        "the environment has no inference_config, and the deployment no scoring script: it "
        "would fail with MissingDriverProgram",
        "Add  inference_config: {liveness_route: {path: /health, port: 8080}, readiness_route: "
        "{path: /health, port: 8080}, scoring_route: {path: /score, port: 8080}}",
        case.part.place("environment"),
    )


@ENVIRONMENT.rule("image-floating", "warning", source=_PINNING)
def image_pinned(case: EnvironmentCase) -> Iterator[Problem]:
    """An image is named by digest or by a tag that does not move."""
    image = case.part.text("image")
    if image is not None:
        yield from _floating(image, case.part.place("image"))
    dockerfile = _dockerfile(case.part)
    if dockerfile is None:
        return
    path, shown = dockerfile
    stages: set[str] = set()
    for number, words in _from_lines(path):
        if words[0].lower() not in stages and "$" not in words[0]:
            yield from _floating(words[0], Place(shown, number))
        if len(words) > 2 and words[1].lower() == "as":
            stages.add(words[2].lower())


@DEPLOYMENT.rule("requirements-not-installed", "warning", source=_CUSTOM)
def requirements_installed(case: DeploymentCase) -> Iterator[Problem]:
    """What the flow's requirements.txt names is installed by the environment.

    The prompt flow image installs nothing of it. Without an `environment`, one is built from it.
    """
    flow = case.flow
    if flow is None or flow.requirements is None or case.environment is None:
        return
    absent = sorted(_packages(flow.requirements) - _installed(case.environment.part))
    if absent:
        listed = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if absent[5:] else "")
        yield Problem(
            f"the flow's requirements.txt names {listed}; the environment does not install that",
            "Remove `environment`: one is then built from the requirements.txt. Or build it as "
            f"in {_CUSTOM}.",
            case.part.place("environment"),
        )


def _floating(image: str, place: Place) -> Iterator[Problem]:
    if "@sha256:" in image or image.lower() == "scratch":
        return
    name = image.rpartition("/")[2]
    _, colon, tag = name.partition(":")
    if colon and tag != "latest":
        return
    said = "the image tag `latest` is not pinned" if colon else f"the image `{name}` has no tag"
    yield Problem(
        f"{said}: what runs can change from one start to the next",
        f"Pin it by digest (@sha256:…):  docker buildx imagetools inspect {image}",
        place,
    )


def _dockerfile(part: Part) -> tuple[Path, str] | None:
    context = part.text("build", "path")
    if context is None or "://" in context:
        return None
    document = part.document
    path = document.resolve(context) / (part.text("build", "dockerfile_path") or "Dockerfile")
    return path, shown(path, document.project)


def _from_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(_lines(path), start=1):
        words = [word for word in line.split() if not word.startswith("--")]
        if len(words) > 1 and words[0].upper() == "FROM":
            yield number, words[1:]


def _lines(path: Path) -> list[str]:
    """Empty for a file that cannot be read: that is reported where it is named."""
    if not is_file(path):  # reading a pipe would wait for ever
        return []
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace").splitlines()
    except OSError:
        return []


def _packages(requirements: Path) -> set[str]:
    """Names in a requirements file; promptflow's own packages are in every image."""
    names = (_NAME.match(line) for line in _lines(requirements) if not line.startswith("-"))
    found = {_normal(name.group(1)) for name in names if name}
    return {name for name in found if not name.startswith("promptflow")}


def _installed(environment: Part) -> set[str]:
    """Names that an inline environment visibly installs, as far as its files tell."""
    text = "\n".join(_sources(environment))
    return {_normal(word) for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", text)}


def _sources(environment: Part) -> Iterator[str]:
    dockerfile = _dockerfile(environment)
    if dockerfile is not None:
        yield from _lines(dockerfile[0])
        for file in sorted(dockerfile[0].parent.glob("*requirements*.txt")):
            yield from _lines(file)
    conda = environment.get("conda_file")
    if isinstance(conda, str):
        yield from _lines(environment.document.resolve(conda))
    elif conda is not None:
        yield str(conda)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower().strip("-")
