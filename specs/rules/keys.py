"""Keys and passwords in plain text. What is found is never printed, not even in part."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from specs.rules.book import Problem
from specs.rules.chapters import CONNECTION, DEPLOYMENT
from specs.rules.subjects import ConnectionCase, DeploymentCase
from specs.stack_file import Secret
from specs.substitution import variable_of

_PRACTICE = "Microsoft: secrets belong in connections or a key vault, never in source control"

_WORDS = frozenset(
    {"key", "apikey", "secret", "token", "password", "passwd", "pwd", "sas", "credential", "pat"}
)
_REFERENCE = re.compile(r"\$\{\{.*\}\}|\$\{[^}]+\}|\$\([^)]+\)|<[^<>]+>|\{\{.*\}\}|@Microsoft\..*")
_SHAPES = re.compile(
    r"(^|[^a-zA-Z0-9])(sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|eyJ[A-Za-z0-9_-]{20,}\.)"
    r"|(AccountKey|SharedAccessKey|Password|Pwd)=[^;\s]{8,}|[?&]sig=[A-Za-z0-9%+/=]{20,}"
)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s?@]+")
"""A URL without user, password and signature."""
_NO_SECRETS = frozenset(
    {"type", "client_id", "tenant_id", "resource_id", "authority_url", "username"}
)
"""Fields of `credentials` that everybody may read."""
_RUN, _MIXED = 20, 3.3
"""Characters of a run, and bits for each of them: 32 hexadecimal digits have about 3.7."""
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")


@DEPLOYMENT.rule("key-in-variable", "warning", source=_PRACTICE)
def keys_in_variables(case: DeploymentCase) -> Iterator[Problem]:
    """No key or password stands in an environment variable of a deployment.

    Everybody who may read the deployment reads its variables.
    """
    for name, value in case.variables.items():
        if is_secret(name, value):
            yield Problem(
                f"`{name}` seems to hold a key in plain text; everybody who may read the "
                "deployment can read it",
                "Put it into a connection:  "
                f"{name}: ${{{{azureml://connections/NAME/credentials/KEY}}}}",
                case.variable_place(name),
            )


@CONNECTION.rule("key-in-connection", "warning", source=_PRACTICE)
def keys_in_connections(case: ConnectionCase) -> Iterator[Problem]:
    """No key stands in a connection's file: it comes from Pulumi's secret config."""
    for keys, value in _leaves(case.part.block()):
        name = keys[-1]
        plain = name == "api_key" or (keys[0] == "credentials" and name not in _NO_SECRETS)
        if (plain and _is_real(value) and not _ADDRESS.fullmatch(value)) or is_secret(name, value):
            yield Problem(
                f"`{'.'.join(keys)}` seems to hold a secret in plain text",
                f"Take it out of the file. {_keep(keys)}",
                case.part.place(*keys),
            )


@CONNECTION.rule("connection-variable-unset", "error", source="this project")
def variables_are_set(case: ConnectionCase) -> Iterator[Problem]:
    """A variable that a connection takes its secret from (`${NAME}`) is set.

    Looked at only in a run of Pulumi: a check of files may have other variables.
    """
    if case.environment is None:
        return
    for keys, value in _leaves(case.part.block()):
        name = variable_of(value) if keys[0] in ("credentials", "api_key") else None
        if name is not None and not case.environment.get(name):
            yield Problem(
                f"`{'.'.join(keys)}` comes from the environment variable {name}, which is not set",
                f"Set it:  export {name}=…  Or take it out of the file. {_keep(keys)}",
                case.part.place(*keys),
            )


def _keep(keys: tuple[str, ...]) -> str:
    """Where a secret belongs; N is the connection's position in the stack's list."""
    path = f"flow-endpoints:connections[N].set.{'.'.join(keys)}"
    return f"Keep it in Pulumi's secret config:  pulumi config set --secret --path '{path}'"


def is_secret(name: str, value: str) -> bool:
    """Whether a setting seems to hold a secret, by its name or by the look of its value.

    References, placeholders, GUIDs, URLs without signature and paths are none.
    """
    if not _is_real(value):
        return False
    if _SHAPES.search(value):
        return True
    if _GUID.fullmatch(value.strip()):
        return False
    return (_says_secret(name) and len(value.strip()) >= 8 and " " not in value.strip()) or (
        _looks_random(value.strip())
    )


def _says_secret(name: str) -> bool:
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    words = [word for word in re.split(r"[^a-zA-Z0-9]+", split.lower()) if word]
    if words[-2:] == ["connection", "string"]:
        return "applicationinsights" not in words[0]
    return bool(words) and words[-1].rstrip("0123456789") in _WORDS


def _is_real(value: str) -> bool:
    text = value.strip()
    return bool(text) and not isinstance(value, Secret) and not _REFERENCE.search(text)


def _looks_random(value: str) -> bool:
    """One long run of letters and digits, about as mixed as chance makes them."""
    if not _TOKEN.fullmatch(value):
        return False
    run = max(re.split(r"[/_-]", value), key=len)
    if len(run) < _RUN or not re.search(r"[0-9]", run) or not re.search(r"[A-Za-z]", run):
        return False
    counts = Counter(run)
    entropy = -sum(n / len(run) * math.log2(n / len(run)) for n in counts.values())
    return entropy >= _MIXED


def _leaves(block: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in block.items():
        if isinstance(value, Mapping):
            for below, text in _leaves({str(k): v for k, v in value.items()}):  # type: ignore[misc]
                yield (key, *below), text
        elif isinstance(value, str) and value:
            yield (key,), value
