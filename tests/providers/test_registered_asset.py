"""Models and environments: a version per content, kept until the resource goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from components.providers.model_version import ModelVersionProvider
from components.providers.registered_asset import Props
from tests.providers.fake_arm import WORKSPACE, FakeArm

Use = Callable[[FakeArm], FakeArm]
MODEL = f"{WORKSPACE}/models/chat-model"


def a_model(version: str, **changes: object) -> Props:
    return {
        "workspace_id": WORKSPACE,
        "name": "chat-model",
        "version": version,
        "files": [{"path": "flow/flow.dag.yaml", "source": "flow/flow.dag.yaml"}],
        "type": "custom_model",
        **changes,
    }


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch, azure: Use) -> tuple[FakeArm, list[str]]:
    """An empty workspace, and the versions that are uploaded to it."""
    arm, uploaded = azure(FakeArm()), list[str]()

    def register(self: ModelVersionProvider, props: Props) -> None:
        version = str(props["version"])
        uploaded.append(version)
        arm.resources[MODEL] = {"name": "chat-model"}
        arm.resources[f"{MODEL}/versions/{version}"] = {"properties": {"modelUri": "azureml://x"}}

    monkeypatch.setattr(ModelVersionProvider, "register", register)
    return arm, uploaded


def test_going_back_to_an_older_content_uploads_nothing(
    uploads: tuple[FakeArm, list[str]],
) -> None:
    _, uploaded = uploads
    provider = ModelVersionProvider()

    first = provider.create(a_model("one")).outs
    second = provider.update("id", first or {}, a_model("two")).outs
    third = provider.update("id", second or {}, a_model("one")).outs

    assert uploaded == ["one", "two"]
    assert (third or {})["registered"] == ["one", "two"]


def test_a_version_of_somebody_else_is_used_and_not_deleted(
    uploads: tuple[FakeArm, list[str]],
) -> None:
    arm, uploaded = uploads
    arm.resources[MODEL] = {"name": "chat-model"}
    arm.resources[f"{MODEL}/versions/one"] = {"properties": {}}
    provider = ModelVersionProvider()

    created = provider.create(a_model("one")).outs
    provider.delete("id", created or {})

    assert uploaded == []
    assert f"{MODEL}/versions/one" in arm.resources


def test_delete_leaves_nothing_that_was_registered(uploads: tuple[FakeArm, list[str]]) -> None:
    arm, _ = uploads
    provider = ModelVersionProvider()
    first = provider.create(a_model("one")).outs
    second = provider.update("id", first or {}, a_model("two")).outs

    provider.delete("id", second or {})

    assert arm.resources == {}


def test_a_version_deleted_by_hand_is_drift(uploads: tuple[FakeArm, list[str]]) -> None:
    arm, _ = uploads
    provider = ModelVersionProvider()
    first = provider.create(a_model("one")).outs
    state = provider.update("id", first or {}, a_model("two")).outs or {}
    del arm.resources[f"{MODEL}/versions/two"]

    read = provider.read("id", state)

    assert read.id == "id"
    assert provider.diff("id", read.outs or {}, a_model("two")).changes


def test_a_model_deleted_by_hand_is_gone(uploads: tuple[FakeArm, list[str]]) -> None:
    assert ModelVersionProvider().read("id", a_model("one")).id == ""


def test_new_tags_reach_the_version_that_is_there(uploads: tuple[FakeArm, list[str]]) -> None:
    arm, uploaded = uploads
    provider = ModelVersionProvider()
    first = provider.create(a_model("one")).outs

    provider.update("id", first or {}, a_model("one", tags={"team": "theirs"}))

    version = arm.resources[f"{MODEL}/versions/one"]["properties"]
    assert version == {"modelUri": "azureml://x", "tags": {"team": "theirs"}, "properties": {}}
    assert uploaded == ["one"]


def test_files_that_only_moved_are_no_change() -> None:
    moved = a_model("one", files=[{"path": "flow/flow.dag.yaml", "source": "elsewhere"}])

    assert not ModelVersionProvider().diff("id", a_model("one"), moved).changes
