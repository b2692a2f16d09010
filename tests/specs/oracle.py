# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportPrivateUsage=false, reportCallIssue=false
"""azure-ai-ml as the judge: what it sends for a file, or that it refuses the file.

It has no public way to ask; the private ones below are those of the pinned version.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

MODEL_ID = "/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/models/m/versions/1"
ENVIRONMENT_ID = (
    "/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/environments/e/versions/1"
)


class RefusedError(Exception):
    """azure-ai-ml does not take the file."""


def sdk_body(kind: str, path: Path) -> dict[str, object]:
    """The request body that azure-ai-ml makes of a file. Raises RefusedError."""
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _BODIES[kind](path)
    except Exception as error:  # it raises half a dozen families, and TypeError
        raise RefusedError(str(error)[:500]) from error
    finally:
        logging.disable(logging.NOTSET)


def _endpoint(path: Path) -> dict[str, object]:
    from azure.ai.ml import load_online_endpoint

    endpoint = load_online_endpoint(path)
    return cast("dict[str, object]", endpoint._to_rest_online_endpoint(location="here").as_dict())


def _deployment(path: Path) -> dict[str, object]:
    from azure.ai.ml import load_online_deployment

    # The CLI takes the endpoint's name from its command line as well.
    written = path.read_text(encoding="utf-8")
    override = [] if "\nendpoint_name:" in written else [{"endpoint_name": "my-endpoint"}]
    deployment = load_online_deployment(path, params_override=override)
    if deployment.model is not None:
        deployment.model = MODEL_ID
    if deployment.environment is not None:
        deployment.environment = ENVIRONMENT_ID
    return cast("dict[str, object]", deployment._to_rest_object(location="here").as_dict())


def _model(path: Path) -> dict[str, object]:
    from azure.ai.ml import load_model

    return cast("dict[str, object]", load_model(path)._to_rest_object().as_dict())


def _environment(path: Path) -> dict[str, object]:
    from azure.ai.ml import load_environment

    return cast("dict[str, object]", load_environment(path)._to_rest_object().as_dict())


def _connection(path: Path) -> dict[str, object]:
    from azure.ai.ml.entities._load_functions import load_connection

    return cast("dict[str, object]", load_connection(path)._to_rest_object().as_dict())


_BODIES: Mapping[str, Callable[[Path], dict[str, object]]] = {
    "endpoint": _endpoint,
    "deployment": _deployment,
    "model": _model,
    "environment": _environment,
    "connection": _connection,
}
_TEXT_MAPS = {"tags", "properties", "environmentVariables", "metadata"}


def normal(body: Mapping[str, object]) -> dict[str, object]:
    """A body as ARM reads it: string maps hold strings, what is null is absent."""
    return {key: _normal(key, value) for key, value in body.items() if value is not None}


def _normal(key: str, value: object) -> object:
    if isinstance(value, Mapping):
        mapping = cast(Mapping[str, object], value)
        if key in _TEXT_MAPS and not any(isinstance(v, dict) for v in mapping.values()):
            return {k: str(v) for k, v in mapping.items() if v is not None and k != "type"}
        return normal(mapping)
    if isinstance(value, os.PathLike):
        return cast("os.PathLike[str]", value).__fspath__()
    return value
