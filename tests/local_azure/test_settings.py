"""What settings, faults and the local routes cannot be is refused where it is given."""

from __future__ import annotations

import pytest

from local_azure import control
from local_azure.control import ControlError
from local_azure.faults import FaultError, fault_of
from local_azure.settings import CLOUD_LIKE, SettingError, Settings
from tests.local_azure.world import LocalAzure


@pytest.mark.parametrize(
    "given",
    [
        "retry_after=nan",
        "retry_after=inf",
        "endpoint_seconds=-1",
        "max_endpoints=-5",
        "fsync=yes",
        "nope=1",
        "quota_by_family=standardDSv2Family",
        "quota_by_family=standardDSv2Family=many",
        "profile=moon",
    ],
)
def test_a_setting_that_cannot_be(given: str) -> None:
    name, _, value = given.partition("=")
    with pytest.raises(SettingError, match=name):
        Settings().with_values({name: value})


def test_exceptions_to_the_quota_may_have_blanks() -> None:
    settings = Settings().with_values({"quota_by_family": "a Family = 4, bFamily=0"})
    assert [settings.family_limit(name) for name in ("a family", "bFamily", "c")] == [4, 0, 100]


def test_the_test_profile_undoes_the_cloud_profile() -> None:
    cloud = Settings(quota_cores=7).with_values({"profile": "cloud", "endpoint_seconds": "1"})
    assert (cloud.endpoint_seconds, cloud.deployment_seconds) == (1.0, 300.0)
    assert cloud.with_values({"profile": "test"}) == Settings(quota_cores=7)
    assert all(getattr(Settings(), name) < 1 for name in CLOUD_LIKE)


@pytest.mark.parametrize(
    "given", ["times=-1", "after=-2", "seconds=nan", "seconds=inf", "retry_after=inf", "status=99"]
)
def test_a_fault_that_cannot_be(given: str) -> None:
    name, _, value = given.partition("=")
    with pytest.raises(FaultError, match=name):
        fault_of({"kind": "status", name: value})


@pytest.mark.parametrize("tail", ["x", "-5", "²"])
def test_a_tail_is_a_number_of_lines(azure: LocalAzure, tail: str) -> None:
    with pytest.raises(ControlError, match="no number of lines"):
        control.ask(azure.home, "GET", "/_local/telemetry", query={"tail": tail})
