"""Reads a Dockerfile for what a virtual environment can play of it: base image, ENV, pip.

Pure text work: no files are opened and nothing is installed here. What cannot be played
(apt-get, CMD, other shells' tricks) is named in `ignored`, so that a log can say it.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from .pip_command import kept_arguments, pip_install

_VARIABLE = re.compile(r"\\\$|\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_SILENT = {"LABEL", "EXPOSE", "USER", "SHELL", "MAINTAINER", "HEALTHCHECK", "STOPSIGNAL", "VOLUME"}


class DockerfileError(Exception):
    """The Dockerfile cannot be played; the message says which line and why."""


@dataclass(frozen=True, kw_only=True)
class DockerPlan:
    """What of a Dockerfile a virtual environment plays."""

    image: str
    environment: Mapping[str, str]
    installs: tuple[tuple[str, ...], ...]
    """Arguments of each `pip install`, files as paths relative to the build context."""
    ignored: tuple[str, ...]
    """Instructions and commands that are not played, as written."""


@dataclass
class _Stage:
    image: str
    files: frozenset[str]
    workdir: str = "/"
    variables: dict[str, str] = field(default_factory=dict[str, str])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    copies: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    installs: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    ignored: list[str] = field(default_factory=list[str])

    def expand(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[0] == "\\$":
                return "$"
            name = match[1] or match[3]
            return self.environment.get(name) or self.variables.get(name) or match[2] or ""

        return _VARIABLE.sub(value, text)

    def absolute(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self.workdir, path))

    def in_context(self, path: str) -> str | None:
        """The build context's file behind a path of the container."""
        wanted = self.absolute(path)
        for source, target in reversed(self.copies):
            inside = posixpath.relpath(wanted, target)
            candidate = posixpath.normpath(posixpath.join(source, inside))
            if inside == ".":
                candidate = source
            if not inside.startswith("..") and self.has(candidate):
                return candidate
        return None

    def has(self, path: str) -> bool:
        return path == "." or any(f == path or f.startswith(f"{path}/") for f in self.files)


def read_dockerfile(text: str, *, files: frozenset[str]) -> DockerPlan:
    """The plan of the last stage. `files`: relative posix paths of the build context.

    Raises `DockerfileError`: no FROM, or a requirements file that the context lacks.
    """
    stages: dict[str, _Stage] = {}
    stage: _Stage | None = None
    arguments: dict[str, str] = {}
    for keyword, rest in _instructions(text):
        if keyword == "FROM":
            stage = _from(rest, stages, arguments, files)
        elif keyword == "ARG" and stage is None:
            name, _, value = rest.partition("=")
            arguments[name.strip()] = _unquote(value)
        elif stage is None:
            raise DockerfileError(f"{keyword} comes before FROM.")
        else:
            _play(stage, keyword, rest, arguments)
    if stage is None:
        raise DockerfileError("it has no FROM.")
    return DockerPlan(
        image=stage.image,
        environment=dict(stage.environment),
        installs=tuple(stage.installs),
        ignored=tuple(stage.ignored),
    )


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Keyword and arguments, comments dropped and continued lines joined."""
    joined = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#") or (not line.strip() and joined):
            continue
        joined += line.rstrip()
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
            continue
        keyword, _, rest = joined.strip().partition(" ")
        joined = ""
        if keyword:
            yield keyword.upper(), rest.strip()
    if joined.strip():
        keyword, _, rest = joined.strip().partition(" ")
        yield keyword.upper(), rest.strip()


def _from(
    rest: str, stages: dict[str, _Stage], arguments: Mapping[str, str], files: frozenset[str]
) -> _Stage:
    words = [w for w in rest.split() if not w.startswith("--")]
    if not words:
        raise DockerfileError("FROM names no image.")
    image = _Stage(image="", files=files, variables=dict(arguments)).expand(words[0])
    stage = stages.get(image.lower()) or _Stage(image=image, files=files)
    if len(words) == 3:
        stages[words[2].lower()] = stage
    return stage


def _play(stage: _Stage, keyword: str, rest: str, arguments: Mapping[str, str]) -> None:
    if keyword == "ARG":
        name, _, value = rest.partition("=")
        stage.variables[name.strip()] = stage.expand(_unquote(value)) or arguments.get(name, "")
    elif keyword == "ENV":
        stage.environment.update(_assignments(stage.expand(rest)))
    elif keyword == "WORKDIR":
        stage.workdir = stage.absolute(_unquote(stage.expand(rest)))
    elif keyword in {"COPY", "ADD"}:
        _copy(stage, stage.expand(rest), f"{keyword} {rest}")
    elif keyword == "RUN":
        _run(stage, rest)
    elif keyword not in _SILENT:
        stage.ignored.append(f"{keyword} {rest}")


def _assignments(text: str) -> dict[str, str]:
    words = shlex.split(text)
    if words and "=" not in words[0]:  # the old form: ENV name the rest is the value
        return {words[0]: " ".join(words[1:])}
    return dict(word.split("=", 1) for word in words if "=" in word)


def _copy(stage: _Stage, rest: str, written: str) -> None:
    words = _exec_form(rest) if rest.startswith("[") else shlex.split(rest)
    if any(word.startswith("--from") for word in words):
        stage.ignored.append(written)
        return
    words = [word for word in words if not word.startswith("--")]
    *sources, target = words or [""]
    folder = target.endswith("/") or target in {".", "./"} or len(sources) > 1
    for source in sources:
        relative = posixpath.normpath(source.lstrip("/") or ".")
        is_file = relative in stage.files
        place = stage.absolute(target)
        if is_file and folder:
            place = posixpath.join(place, posixpath.basename(relative))
        stage.copies.append((relative, place))


def _run(stage: _Stage, rest: str) -> None:
    if rest.startswith("["):
        _command(stage, _exec_form(rest))
        return
    lexer = shlex.shlex(stage.expand(rest), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    command: list[str] = []
    before = stage.workdir
    for word in [*lexer, ";"]:
        if word and set(word) <= set(";&|"):
            _command(stage, command)
            command = []
        else:
            command.append(word)
    stage.workdir = before  # `cd` lasts for one RUN


def _command(stage: _Stage, words: list[str]) -> None:
    plain = [w for w in words if not w.startswith("--mount")]
    while plain and (re.match(r"^\w+=", plain[0]) or plain[0] in {"sudo", "exec", "env"}):
        plain = plain[1:]
    if not plain or plain[0] in {"set", "true", "echo"}:
        return
    if plain[0] == "cd" and len(plain) == 2:
        stage.workdir = stage.absolute(plain[1])
    elif plain[0].endswith("sh") and len(plain) > 2 and plain[1].endswith("c"):
        _run(stage, plain[2])
    else:
        wanted = pip_install(plain)
        if wanted is None:
            stage.ignored.append("RUN " + " ".join(words))
        elif install := kept_arguments(wanted, lambda path: _needed(stage, path)):
            stage.installs.append(install)


def _needed(stage: _Stage, path: str) -> str:
    found = stage.in_context(path)
    if found is None:
        raise DockerfileError(
            f"pip install needs {path}, which no COPY brings from the build context."
        )
    return found if found.startswith(".") else f"./{found}"


def _exec_form(text: str) -> list[str]:
    try:
        words: object = json.loads(text)
    except ValueError as error:
        raise DockerfileError(f"{text} is not a JSON list.") from error
    if not isinstance(words, list):
        raise DockerfileError(f"{text} is not a JSON list.")
    return [str(word) for word in cast("list[object]", words)]


def _unquote(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
