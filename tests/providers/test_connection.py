"""Connections: written over where they exist, and then not ours to delete."""

from __future__ import annotations

from collections.abc import Callable

from components.providers.connection import ConnectionProvider
from tests.providers.fake_arm import WORKSPACE, FakeArm

Azure = Callable[[FakeArm], FakeArm]

ID = f"{WORKSPACE}/connections/theirs"
PROPERTIES: dict[str, object] = {
    "category": "AzureOpenAI",
    "authType": "ApiKey",
    "target": "https://theirs.openai.azure.com/",
    "metadata": {"ApiVersion": "2024-02-01"},
}
PROPS: dict[str, object] = {
    "connection_id": ID,
    "properties": PROPERTIES,
    "credentials": {"key": "secret"},
}


def test_a_new_connection_comes_and_goes_with_the_stack(azure: Azure) -> None:
    arm = azure(FakeArm())

    created = ConnectionProvider().create(PROPS)

    properties = arm.resources[ID]["properties"]
    assert properties == {**PROPERTIES, "credentials": {"key": "secret"}}
    ConnectionProvider().delete(created.id, created.outs or {})
    assert arm.resources == {}


def test_one_that_was_there_is_brought_up_to_date_and_stays(azure: Azure) -> None:
    arm = azure(FakeArm({ID: {"properties": {"target": "https://old"}}}))

    created = ConnectionProvider().create(PROPS)
    updated = ConnectionProvider().update(created.id, created.outs or {}, PROPS)

    assert "theirs.openai" in str(arm.resources[ID])
    ConnectionProvider().delete(created.id, updated.outs or {})
    assert ID in arm.resources


def test_what_somebody_changed_by_hand_is_drift(azure: Azure) -> None:
    live = {**PROPERTIES, "target": "https://elsewhere", "group": "AzureAI"}
    azure(FakeArm({ID: {"properties": live}}))

    read = ConnectionProvider().read(ID, PROPS | {"adopted": False})

    assert ConnectionProvider().diff(ID, read.outs or {}, PROPS).changes
    assert "adopted" not in (read.inputs or {})


def test_what_the_service_adds_or_spells_otherwise_is_none(azure: Azure) -> None:
    live = {
        **PROPERTIES,
        "category": "AZUREOPENAI",
        "metadata": {"ApiVersion": "2024-02-01", "Added": "by Azure"},
    }
    azure(FakeArm({ID: {"properties": live}}))

    read = ConnectionProvider().read(ID, PROPS)

    assert not ConnectionProvider().diff(ID, read.outs or {}, PROPS).changes
