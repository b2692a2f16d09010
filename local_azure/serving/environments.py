"""From an environment version to a Python that serves prompt flows.

Played locally: the prompt flow images (any registry, tag or digest), a docker build context
that starts from one of them and adds packages with pip, and conda files on top of one. Any
other image is refused: a virtual environment cannot be it. `python -m
local_azure.serving.environments` builds the base environment ahead of time.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import yaml

from .dockerfile import DockerfileError, DockerPlan, read_dockerfile
from .placement import EnvironmentSpec, PlacementError
from .virtual_environment import InstallError, Log, VirtualEnvironments, default_cache

RUNTIME_REQUIREMENTS = Path(__file__).parent / "requirements" / "promptflow-runtime.txt"
RUNTIME_IMAGES = frozenset({"promptflow-runtime", "promptflow-runtime-stable", "promptflow-python"})
_RUNTIME = ("promptflow", "promptflow-core", "promptflow-tools")

Fetch = Callable[[str, Path], Awaitable[int]]
"""Copies a blob folder to a local one and returns the number of files."""


@dataclass(frozen=True, kw_only=True)
class PreparedEnvironment:
    """What a container image is here: an interpreter, and the image's own variables."""

    python: Path
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


def is_runtime_image(image: str) -> bool:
    """Whether it is a prompt flow image; a copy in one's own registry counts too."""
    return repository(image).rsplit("/", 1)[-1] in RUNTIME_IMAGES


def repository(image: str) -> str:
    """The image without tag and digest: `host/path/name`."""
    name = image.strip().split("@", 1)[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.split(':', 1)[0]}".lower()


class Environments:
    """Prepares environments, from the cache where it can."""

    def __init__(self, cache: Path | None = None) -> None:
        self._venvs = VirtualEnvironments(cache or default_cache())

    async def warm(self, log: Log) -> Path:
        """Build the prompt flow runtime's own environment, unless it is there."""
        key = await self._venvs.base(RUNTIME_REQUIREMENTS, log=log)
        return self._venvs.cache / key / "bin" / "python"

    async def prepare(
        self, spec: EnvironmentSpec, *, fetch: Fetch, log: Log
    ) -> PreparedEnvironment:
        """Raises `PlacementError`: BadArgument for what is not played, ImageBuildFailure
        when pip fails (its output is in the log)."""
        try:
            if spec.build_context:
                with tempfile.TemporaryDirectory(prefix="build-context-") as folder:
                    return await self._from_context(spec, Path(folder), fetch=fetch, log=log)
            _demand_runtime_image(spec, spec.image or "")
            base = await self._venvs.base(RUNTIME_REQUIREMENTS, log=log)
            if not spec.conda_file:
                return PreparedEnvironment(python=self._venvs.cache / base / "bin" / "python")
            requirements = _pip_section(spec, log=log)
            with tempfile.TemporaryDirectory(prefix="conda-") as folder:
                listed = _written(Path(folder), requirements)
                installs = [["-r", listed.name]]
                python = await self._layer(
                    base, ["conda", *requirements], installs, listed.parent, log
                )
            return PreparedEnvironment(python=python)
        except InstallError as error:
            log(error.output.rstrip())
            raise PlacementError(
                "ImageBuildFailure",
                f"The environment {spec.name}:{spec.version} could not be built: {error}. "
                f"{last_words(error.output)}",
            ) from error

    async def _from_context(
        self, spec: EnvironmentSpec, folder: Path, *, fetch: Fetch, log: Log
    ) -> PreparedEnvironment:
        await fetch(spec.build_context or "", folder)
        files = await asyncio.to_thread(_files_below, folder)
        plan = _plan(spec, files, log=log)
        _demand_runtime_image(spec, plan.image)
        base = await self._venvs.base(RUNTIME_REQUIREMENTS, log=log)
        if not plan.installs:
            python = self._venvs.cache / base / "bin" / "python"
        else:
            content = _content(plan.installs, files)
            python = await self._layer(base, content, plan.installs, folder, log)
        return PreparedEnvironment(python=python, variables=plan.environment)

    async def _layer(
        self,
        base: str,
        content: Sequence[str | bytes],
        installs: Sequence[Sequence[str]],
        folder: Path,
        log: Log,
    ) -> Path:
        key = self._venvs.layer_key(base, content)
        return await self._venvs.layer(base, key, installs, directory=folder, log=log)


def _written(folder: Path, requirements: Sequence[str]) -> Path:
    listed = folder / "requirements.txt"
    listed.write_text("\n".join(requirements))
    return listed


def _files_below(folder: Path) -> dict[str, Path]:
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def _demand_runtime_image(spec: EnvironmentSpec, image: str) -> None:
    if not is_runtime_image(image):
        raise PlacementError(
            "BadArgument",
            f"The image {image or '(none)'} of environment {spec.name}:{spec.version} is not "
            "played locally. The local Azure runs prompt flow images "
            f"({', '.join(sorted(RUNTIME_IMAGES))}, from any registry), build contexts whose "
            "Dockerfile starts FROM one of them and adds packages with pip, and conda files on "
            "one of them. Any image works in the cloud.",
        )


def _plan(spec: EnvironmentSpec, files: Mapping[str, Path], *, log: Log) -> DockerPlan:
    name = (spec.dockerfile_path or "Dockerfile").removeprefix("./")
    where = f"{name} of environment {spec.name}:{spec.version}"
    if name not in files:
        raise PlacementError("ImageBuildFailure", f"The build context has no {where}.")
    try:
        plan = read_dockerfile(files[name].read_text(), files=frozenset(files))
    except (DockerfileError, ValueError) as error:
        raise PlacementError("ImageBuildFailure", f"{where} cannot be built: {error}") from error
    for line in plan.ignored:
        log(f"not played locally: {line}")
    return plan


def _content(installs: Sequence[Sequence[str]], files: Mapping[str, Path]) -> list[str | bytes]:
    """What decides the outcome: the commands, and the files they read.

    A requirements file that leads on to other files brings the whole context in.
    """
    content: list[str | bytes] = [word for command in installs for word in (*command, "\n")]
    named = [w.removeprefix("./") for command in installs for w in command if w.startswith(".")]
    texts = [files[name].read_text(errors="replace") for name in named if name in files]
    plain = all(name in files and name.endswith(".txt") for name in named) and not any(
        line.strip().startswith((".", "/", "-r", "-c", "-e", "--r", "--c", "--e", "file:"))
        for text in texts
        for line in text.splitlines()
    )
    if plain:
        return [*content, *texts]
    return [
        *content,
        *(part for name in sorted(files) for part in (name, files[name].read_bytes())),
    ]


def _pip_section(spec: EnvironmentSpec, *, log: Log) -> list[str]:
    try:
        document: object = yaml.safe_load(spec.conda_file or "")
    except yaml.YAMLError as error:
        raise PlacementError(
            "ImageBuildFailure",
            f"The conda file of environment {spec.name}:{spec.version} is not YAML: {error}",
        ) from error
    fields = cast("dict[str, object]", document if isinstance(document, dict) else {})
    requirements: list[str] = []
    for entry in cast("list[object]", fields.get("dependencies") or []):
        if isinstance(entry, dict):
            section = cast("dict[str, list[object] | None]", entry).get("pip")
            requirements += [str(requirement) for requirement in section or []]
        else:
            python = sys.version.split()[0]
            log(f"not played locally: conda package {entry} (the interpreter is {python})")
    log("pip packages of the conda file are installed on top of the prompt flow runtime")
    return requirements


def last_words(text: str, *, limit: int = 400) -> str:
    """The last line that says why, for an error message."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.lower().startswith(("error", "×", "×", "╰"))]
    return " ".join((telling or lines[-1:])[-2:])[:limit]


def main() -> int:
    """Build what is missing of the prompt flow runtime; silent when nothing is."""
    try:
        asyncio.run(
            Environments().warm(lambda line: print(f"prompt flow runtime: {line}", flush=True))
        )
    except InstallError as error:
        print(error.output, file=sys.stderr)
        print(f"prompt flow runtime: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
