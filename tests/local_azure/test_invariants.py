"""Random sequences of operations never break what must always hold (the engine alone)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from local_azure.arm import ids
from local_azure.arm.shape import JsonObject, JsonValue, number, section, text
from local_azure.arm.snapshot import Snapshot
from local_azure.services.machinelearning.capacity import used_cores
from local_azure.services.machinelearning.workspaces import DEPLOYMENTS
from local_azure.services.machinelearning.workspaces import ENDPOINTS as TYPE
from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import Answer, a_deployment, an_endpoint

NAMES = st.sampled_from(["one", "ONE", "two"])
COLOURS = st.sampled_from(["blue", "green", "Blue"])
SHARES = st.dictionaries(COLOURS, st.sampled_from([0, 10, 50, 100]), max_size=2)
SIZES = st.sampled_from(["Standard_DS2_v2", "Standard_DS3_v2", "Standard_F4s_v2"])
LIMIT = 24


class Operations(RuleBasedStateMachine):
    """Everything a user may do to endpoints, in any order, with few names so that they meet."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._world = EngineWorld(
            Path(self._folder.name), quota_cores=LIMIT, max_endpoints=1, max_deployments=2
        )

    def teardown(self) -> None:
        """Close the world, and read back what it has written."""
        self._world.close()
        kept = Snapshot(Path(self._folder.name) / "snapshot.json")
        held = {one.id: one.body for one in self._world.azure.store.all()}
        assert {one.id: one.body for one in kept.store.all()} == held
        self._folder.cleanup()

    @rule(name=NAMES, live=SHARES, mirror=SHARES)
    def put_endpoint(self, name: str, live: dict[str, int], mirror: dict[str, int]) -> None:
        body = an_endpoint(traffic=_json(live), mirrorTraffic=_json(mirror))
        _answered(self._world.arm("PUT", self._world.endpoint_id(name), body))

    @rule(name=NAMES)
    def put_endpoint_without_traffic(self, name: str) -> None:
        _answered(self._world.arm("PUT", self._world.endpoint_id(name), an_endpoint()))

    @rule(name=NAMES)
    def delete_endpoint(self, name: str) -> None:
        _answered(self._world.arm("DELETE", self._world.endpoint_id(name)))

    @rule(name=NAMES, colour=COLOURS, size=SIZES, instances=st.integers(1, 6))
    def put_deployment(self, name: str, colour: str, size: str, instances: int) -> None:
        path = f"{self._world.endpoint_id(name)}/deployments/{colour}"
        sku: JsonObject = {"name": "Default", "capacity": instances}
        _answered(self._world.arm("PUT", path, {**a_deployment(instanceType=size), "sku": sku}))

    @rule(name=NAMES, colour=COLOURS, instances=st.integers(1, 30))
    def scale_deployment(self, name: str, colour: str, instances: int) -> None:
        path = f"{self._world.endpoint_id(name)}/deployments/{colour}"
        _answered(self._world.arm("PATCH", path, {"sku": {"capacity": instances}}))

    @rule(name=NAMES, colour=COLOURS)
    def delete_deployment(self, name: str, colour: str) -> None:
        path = f"{self._world.endpoint_id(name)}/deployments/{colour}"
        _answered(self._world.arm("DELETE", path))

    @invariant()
    def ids_are_unique_and_parents_live(self) -> None:
        store = self._world.azure.store
        lowered = [one.id.lower() for one in store.all()]
        assert len(lowered) == len(set(lowered))
        for one in store.under("", DEPLOYMENTS):
            assert store.get(ids.parent_of(one.id)) is not None, one.id

    @invariant()
    def traffic_names_live_deployments(self) -> None:
        store = self._world.azure.store
        for endpoint in store.under("", TYPE):
            live = {one.name for one in store.children(endpoint.id, DEPLOYMENTS)}
            shares = section(endpoint.properties, "traffic")
            mirrored = section(endpoint.properties, "mirrorTraffic")
            assert shares.keys() | mirrored.keys() <= live
            assert sum(number(share) for share in shares.values()) in (0, 100)
            assert all(not number(shares, name) for name in mirrored if number(mirrored, name))

    @invariant()
    def quota_and_limits_hold(self) -> None:
        azure = self._world.azure
        assert all(cores <= LIMIT for cores in used_cores(azure, "westeurope").values())
        assert len(azure.store.under("", TYPE)) <= 1
        assert len(azure.store.under("", DEPLOYMENTS)) <= 2

    @invariant()
    def what_is_placed_is_what_exists(self) -> None:
        azure = self._world.azure
        held = {one.id.lower() for one in azure.store.under("", DEPLOYMENTS)}
        assert self._world.placement.placed.keys() == held

    @invariant()
    def identities_live_as_long_as_their_endpoints(self) -> None:
        azure = self._world.azure
        living = {text(one.body, "identity", "principalId") for one in azure.store.under("", TYPE)}
        kept = azure.snapshot.part("principals")
        managed = {key for key in kept if text(kept, key, "kind") == "ManagedIdentity"}
        assert managed == living


def _answered(answer: Answer) -> None:
    """Done, or refused in ARM's words; never a defect."""
    assert answer.status < 500, answer
    assert answer.status < 400 or answer.code, answer


def _json(shares: dict[str, int]) -> dict[str, JsonValue]:
    return {**shares}


TestOperations = Operations.TestCase
TestOperations.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow,),
)
