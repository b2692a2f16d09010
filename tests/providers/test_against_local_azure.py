"""Uploads with the real azure-ai-ml to a local Azure: what is registered, kept and deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.providers.arm import arm, section, text
from components.providers.code_version import CodeVersionProvider
from components.providers.credentials import credential
from components.providers.environment_version import EnvironmentVersionProvider
from components.providers.failures import ProviderError
from components.providers.model_version import ModelVersionProvider
from components.providers.registered_asset import Props, RegisteredAssetProvider
from tests.local_azure.world import LocalAzure

pytestmark = [
    pytest.mark.local,
    # azure-ai-ml and what it imports warn in a dozen ways; the provider host ignores them all.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def their_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """ARM id of the workspace of a local Azure, with this process signed in as its deployer."""
    with LocalAzure(tmp_path_factory.mktemp("azure")) as azure, azure.entered():
        yield azure.workspace
        arm.cache_clear()
        credential.cache_clear()


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a flow, in the current directory."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "flow"
    folder.mkdir()
    (folder / "flow.dag.yaml").write_text("nodes: []\n")
    (folder / "answer.py").write_text("def answer() -> str:\n    return 'one'\n")
    return folder


def an_asset(workspace: str, version: str, **more: object) -> Props:
    files = [
        {"path": f"flow/{name}", "source": f"flow/{name}"}
        for name in ("answer.py", "flow.dag.yaml")
    ]
    return {
        "workspace_id": workspace,
        "name": "their-asset",
        "version": version,
        "files": files,
        "tags": {"team": "theirs"},
        **more,
    }


def test_a_flow_folder_becomes_a_model(their_workspace: str, flow: Path) -> None:
    provider = ModelVersionProvider()
    properties = {"azureml.promptflow.source_flow_id": "flow"}
    model = an_asset(their_workspace, "one", type="custom_model", properties=properties)

    created = provider.create(model)

    live = arm().get(f"{created.id}/versions/one")
    assert text(live, "properties", "modelUri").rstrip("/").endswith("/flow")
    assert section(live, "properties", "properties").items() >= properties.items()
    assert section(live, "properties", "tags") == {"team": "theirs"}
    assert provider.read(created.id, created.outs or {}).id == created.id

    (flow / "answer.py").write_text("def answer() -> str:\n    return 'two'\n")
    updated = provider.update(created.id, created.outs or {}, model | {"version": "two"}).outs or {}
    assert updated["registered"] == ["one", "two"]

    provider.delete(created.id, updated)
    assert arm().get(created.id) is None
    assert provider.read(created.id, updated).id == ""


@pytest.mark.parametrize(
    ("provider", "more"),
    [
        (
            EnvironmentVersionProvider(),
            {
                "texts": {"Dockerfile": "FROM their/image:1\n"},
                "dockerfile_path": "Dockerfile",
                "inference_config": {
                    name: {"path": "/health", "port": 8080}
                    for name in ("livenessRoute", "readinessRoute", "scoringRoute")
                },
            },
        ),
        (CodeVersionProvider(), {}),
    ],
    ids=["environment", "code"],
)
def test_a_folder_becomes_an_asset(
    their_workspace: str,
    flow: Path,
    provider: RegisteredAssetProvider,
    more: dict[str, object],
) -> None:
    created = provider.create(an_asset(their_workspace, "one", **more))

    live = section(arm().get(f"{created.id}/versions/one"), "properties")
    uri = text(live, "build", "contextUri") or text(live, "codeUri")
    assert re.fullmatch(r"https://[a-z0-9]+\.blob\.core\.windows\.net/.+/(context/|code)", uri)
    if "inference_config" in more:
        assert live["inferenceConfig"] == more["inference_config"]

    provider.delete(created.id, created.outs or {})
    assert arm().get(created.id) is None


def test_a_workspace_that_does_not_exist_is_said_plainly(their_workspace: str, flow: Path) -> None:
    elsewhere = an_asset(f"{their_workspace}-typo", "one", type="custom_model")

    with pytest.raises(ProviderError, match=r"cannot register model their-asset version one") as no:
        ModelVersionProvider().create(elsewhere)

    assert "mlw-local-typo" in str(no.value)
