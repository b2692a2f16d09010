"""What happens before a container starts: pull the image, bring the model, resolve secrets.

All of it in the name of the deployment's identity, with the checks that Azure makes. Codes
and wording follow Microsoft's troubleshooting page for online endpoints (aka.ms/oe-tsg).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from .container_log import ContainerLog
from .environments import repository
from .placement import PlacementError, PlacementSpec, Platform

PULL = "Microsoft.ContainerRegistry/registries/pull/read"
READ_BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
LIST_SECRETS = "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action"
_GUIDE = "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg"
_REFERENCE = re.compile(r"^\$\{\{\s*(azureml://connections/|keyvault:)(.*?)\s*\}\}$", re.DOTALL)


def starting_identity(spec: PlacementSpec) -> tuple[str, str]:
    """Client id and principal id that pull and download: the system-assigned identity, else
    the first user-assigned one."""
    ids = spec.identity_client_ids
    if "" in ids:
        return "", ids[""]
    return next(iter(ids.items()), ("", ""))


def check_image_pull(spec: PlacementSpec, platform: Platform, log: ContainerLog) -> None:
    """Raises BadArgument when the image comes from the workspace's registry, and the
    identity has no AcrPull there. Images that Azure builds land in that registry."""
    registry = platform.registry_of(spec.workspace_id)
    environment = spec.environment
    if registry is None or environment is None:
        return
    built = bool(environment.build_context or environment.conda_file)
    server = f"{registry.rsplit('/', 1)[-1]}.azurecr.io".lower()
    if not built and repository(environment.image or "").split("/", 1)[0] != server:
        return
    _, principal = starting_identity(spec)
    if platform.may(principal, PULL, registry):
        return
    log.write(f"Failed to pull image from {server}: 403 Forbidden, {principal} has no {PULL}")
    raise PlacementError(
        "BadArgument",
        "Startup task failed due to authorization error: the endpoint's identity "
        f"{principal or '(none)'} may not pull the container image from {server}. Grant it the "
        f"role AcrPull on {registry}. {_GUIDE}#error-badargument",
    )


def model_folder(spec: PlacementSpec, generation: Path) -> Path:
    """Where the model lies; AZUREML_MODEL_DIR."""
    if spec.model_mount_path:
        return generation / spec.model_mount_path.strip("/")
    name, version = spec.model_name or "model", spec.model_version or "1"
    return generation / "azureml-models" / name / version


async def download_model(
    spec: PlacementSpec, platform: Platform, generation: Path, *, log: ContainerLog
) -> Path | None:
    """Bring the model's files; None without a model. Raises BadArgument."""
    if spec.model_uri is None:
        log.write("No model to download.")
        return None
    storage = platform.storage_of(spec.workspace_id)
    _, principal = starting_identity(spec)
    if storage is not None and not platform.may(principal, READ_BLOB, storage, data=True):
        log.write(
            f"Error downloading {spec.model_uri}: AuthorizationPermissionMismatch (403): "
            f"{principal or '(no identity)'} is not authorized to perform this operation"
        )
        raise PlacementError(
            "BadArgument",
            "Startup task failed due to authorization error: the endpoint's identity "
            f"{principal or '(none)'} may not read blobs. Grant it the role Storage Blob Data "
            f"Reader on {storage}. {_GUIDE}#error-badargument",
        )
    target = model_folder(spec, generation)
    target.mkdir(parents=True, exist_ok=True)
    log.write(f"Downloading model {spec.model_name}:{spec.model_version} from {spec.model_uri}")
    try:
        count = await platform.download(spec.model_uri, target)
    except Exception as error:
        log.write(f"Download failed: {type(error).__name__}: {error}")
        raise _no_model(spec, f"{type(error).__name__}: {error}") from error
    if not count:
        log.write("Download failed: there is no blob below that URI.")
        raise _no_model(spec, "there is no blob below its URI")
    log.write(f"Downloaded {count} files.")
    return target


def _no_model(spec: PlacementSpec, why: str) -> PlacementError:
    return PlacementError(
        "BadArgument",
        f"Unable to download user model {spec.model_name}:{spec.model_version} "
        f"({spec.model_uri}): {why}. {_GUIDE}#unable-to-download-user-model",
    )


def resolve_secrets(spec: PlacementSpec, platform: Platform) -> dict[str, str]:
    """The user's variables with `${{azureml://connections/…}}` replaced by the secret.

    Raises SecretsInjectionError: no right to list secrets, unknown connection or field, or a
    key vault reference (no vault is played locally). No message holds a secret.
    """
    resolved: dict[str, str] = {}
    for name, value in spec.environment_variables.items():
        match = _REFERENCE.match(value.strip())
        if match is None:
            resolved[name] = value
        elif match[1] == "keyvault:":
            raise _injection(name, "key vault references are not played locally")
        else:
            resolved[name] = _connection_value(spec, platform, name, match[2])
    return resolved


def _connection_value(spec: PlacementSpec, platform: Platform, name: str, path: str) -> str:
    connection, *field = path.split("/")
    scope = f"{spec.workspace_id}/connections/{connection}"
    _, principal = starting_identity(spec)
    if not platform.may(principal, LIST_SECRETS, scope):
        raise _injection(
            name,
            f"the endpoint's identity {principal or '(none)'} may not list the secrets of "
            f"connection {connection}; grant it the role Azure Machine Learning Workspace "
            f"Connection Secrets Reader on {spec.workspace_id}",
        )
    properties = platform.connection(spec.workspace_id, connection)
    if properties is None:
        raise _injection(name, f"the workspace has no connection {connection}")
    if not field:
        kind = "Microsoft.MachineLearningServices/workspaces/connections"
        whole = {"id": scope, "name": connection, "type": kind, "properties": dict(properties)}
        return json.dumps(whole)
    found = _field(properties, field)
    if found is None:
        raise _injection(name, f"connection {connection} has no {'/'.join(field)}")
    return found


def _field(properties: Mapping[str, object], path: list[str]) -> str | None:
    section, *names = path
    value = properties.get(section)
    if section == "target" and not names:
        return value if isinstance(value, str) else None
    if section not in {"credentials", "metadata"} or len(names) != 1 or not isinstance(value, dict):
        return None
    fields = cast("dict[str, object]", value)
    keys = fields.get("keys")  # a connection of custom keys
    if section == "credentials" and isinstance(keys, dict):
        fields = {**fields, **cast("dict[str, object]", keys)}
    found = {key.lower(): one for key, one in fields.items()}.get(names[0].lower())
    return None if found is None or isinstance(found, dict) else str(found)


def _injection(variable: str, why: str) -> PlacementError:
    return PlacementError(
        "SecretsInjectionError",
        f"The environment variable {variable} refers to a secret that cannot be had: {why}. "
        f"{_GUIDE}#error-secretsinjectionerror",
    )
