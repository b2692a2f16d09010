"""Image pull, model download and secrets, each refused as on Azure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local_azure.serving import storage_initializer as initializer
from local_azure.serving.container_log import ContainerLog
from local_azure.serving.placement import EnvironmentSpec, PlacementError
from tests.local_azure.serving.builders import (
    PRINCIPAL,
    REGISTRY,
    STORAGE,
    APlatform,
    a_deployment,
)

KEY_CONNECTION = {
    "authType": "ApiKey",
    "category": "AzureOpenAI",
    "target": "https://local-openai.openai.azure.com/",
    "credentials": {"key": "s3cret"},
    "metadata": {"ApiType": "azure"},
}


def test_public_images_need_no_role(platform: APlatform, tmp_path: Path) -> None:
    platform.forbidden.add(initializer.PULL)
    initializer.check_image_pull(a_deployment(), platform, ContainerLog(tmp_path / "log"))


@pytest.mark.parametrize(
    "environment",
    [
        EnvironmentSpec(name="e", version="1", image="crlocal.azurecr.io/promptflow-runtime:1"),
        EnvironmentSpec(name="e", version="1", build_context="https://stlocal/context"),
    ],
)
def test_images_of_the_workspace_registry_need_acr_pull(
    platform: APlatform, tmp_path: Path, environment: EnvironmentSpec
) -> None:
    log = ContainerLog(tmp_path / "log")
    initializer.check_image_pull(a_deployment(environment=environment), platform, log)
    assert platform.asked == [(initializer.PULL, REGISTRY, False)]
    platform.forbidden.add(initializer.PULL)
    with pytest.raises(PlacementError) as refused:
        initializer.check_image_pull(a_deployment(environment=environment), platform, log)
    assert refused.value.code == "BadArgument"
    assert f"AcrPull on {REGISTRY}" in refused.value.message
    assert PRINCIPAL in log.tail(5)


async def test_the_model_needs_blob_data_reader(platform: APlatform, tmp_path: Path) -> None:
    log = ContainerLog(tmp_path / "log")
    spec = a_deployment()
    folder = await initializer.download_model(spec, platform, tmp_path / "1", log=log)
    assert folder is not None
    assert folder == tmp_path / "1" / "azureml-models" / "shouting" / "1"
    assert (folder / "shouting" / "shout.py").is_file()
    assert platform.asked == [(initializer.READ_BLOB, STORAGE, True)]

    platform.forbidden.add(initializer.READ_BLOB)
    with pytest.raises(PlacementError, match="Storage Blob Data Reader"):
        await initializer.download_model(spec, platform, tmp_path / "2", log=log)
    assert "403" in log.tail(1)


async def test_a_model_that_is_not_there(platform: APlatform, tmp_path: Path) -> None:
    log = ContainerLog(tmp_path / "log")
    with pytest.raises(PlacementError, match="Unable to download user model"):
        await initializer.download_model(
            a_deployment(flow="nowhere"), platform, tmp_path / "1", log=log
        )
    none = replace(a_deployment(), model_uri=None)
    assert await initializer.download_model(none, platform, tmp_path / "1", log=log) is None


def resolved(platform: APlatform, value: str) -> str:
    spec = a_deployment(environment_variables={"X": value})
    return initializer.resolve_secrets(spec, platform)["X"]


def test_secrets_are_resolved(platform: APlatform) -> None:
    platform.connections["aoai"] = KEY_CONNECTION
    platform.connections["many"] = {
        "credentials": {"keys": {"TOKEN": "t0ken"}},
        "metadata": {"a": 1},
    }
    assert resolved(platform, "plain ${HOME}") == "plain ${HOME}"
    assert resolved(platform, "${{azureml://connections/aoai/credentials/key}}") == "s3cret"
    assert resolved(platform, "${{azureml://connections/aoai/metadata/ApiType}}") == "azure"
    assert resolved(platform, "${{azureml://connections/aoai/target}}").startswith("https://local")
    assert resolved(platform, "${{ azureml://connections/many/credentials/token }}") == "t0ken"
    whole = json.loads(resolved(platform, "${{azureml://connections/aoai}}"))
    assert (whole["name"], whole["properties"]) == ("aoai", KEY_CONNECTION)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("${{azureml://connections/none/target}}", "no connection none"),
        ("${{azureml://connections/aoai/credentials/other}}", "has no credentials/other"),
        ("${{azureml://connections/aoai/credentials}}", "has no credentials"),
        ("${{keyvault:https://v.vault.azure.net/secrets/a/1}}", "not played locally"),
    ],
)
def test_secrets_that_cannot_be_had(platform: APlatform, value: str, why: str) -> None:
    platform.connections["aoai"] = KEY_CONNECTION
    with pytest.raises(PlacementError, match=why) as refused:
        resolved(platform, value)
    assert refused.value.code == "SecretsInjectionError"
    assert "s3cret" not in str(refused.value)


def test_secrets_need_the_role(platform: APlatform) -> None:
    platform.connections["aoai"] = KEY_CONNECTION
    platform.forbidden.add(initializer.LIST_SECRETS)
    with pytest.raises(PlacementError, match="Workspace Connection Secrets Reader"):
        resolved(platform, "${{azureml://connections/aoai/target}}")


def test_which_identity_starts_the_container() -> None:
    both = a_deployment(identity_client_ids={"c1": "p1", "": "p0"})
    assert initializer.starting_identity(both) == ("", "p0")
    assert initializer.starting_identity(a_deployment(identity_client_ids={"c1": "p1"}))[1] == "p1"
