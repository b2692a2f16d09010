"""References to registered assets, as azure-ai-ml sends them."""

from __future__ import annotations

import pytest

from specs.references import (
    parse_environment_reference,
    parse_model_reference,
    reference_fault,
)
from specs.workspace import Workspace

WORKSPACE = Workspace("sub", "group", "ws", "westeurope")
BASE = "/subscriptions/sub/resourceGroups/group/providers/Microsoft.MachineLearningServices"
REGISTRY = "azureml://registries/azureml/models/gpt2/versions/3"
OTHER = f"{BASE.replace('sub/', 'other/')}/workspaces/w2/models/m/versions/4"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("azureml:chat:1", f"{BASE}/workspaces/ws/models/chat/versions/1"),
        ("azureml:chat:2024:1", f"{BASE}/workspaces/ws/models/chat/versions/2024:1"),
        ("azureml:chat@latest", f"{BASE}/workspaces/ws/models/chat/labels/latest"),
        (REGISTRY, REGISTRY),
        (f"azureml:{OTHER}", OTHER),
    ],
)
def test_what_is_sent_for_a_model(written: str, sent: str) -> None:
    assert reference_fault(written, "models") is None
    assert parse_model_reference(written).id(WORKSPACE) == sent


def test_a_label_can_be_looked_up() -> None:
    reference = parse_model_reference("azureml:chat@latest")
    assert reference.label == "latest"
    assert reference.id(WORKSPACE, version="9").endswith("/models/chat/versions/9")


def test_curated_environments_go_by_name() -> None:
    written = "azureml:AzureML-sklearn-1.0@latest"
    assert parse_environment_reference(written).id(WORKSPACE) == written


@pytest.mark.parametrize(
    "written",
    [
        "chat:1",
        "azureml:",
        "azureml:chat",
        "azureml:chat:",
        "azureml:chat@",
        "azureml:@latest",
        "azureml://registries/azureml",
        "azureml://registries/azureml/models/gpt2",
        "azureml:/subscriptions/x",
        f"azureml:{OTHER.replace('/models/', '/environments/')}",
        "",
    ],
)
def test_what_is_no_reference(written: str) -> None:
    assert reference_fault(written, "models") is not None
