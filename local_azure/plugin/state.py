"""The life of one resource: create, read, update, delete, as the published plugin does it.

Plain data in and out; the gRPC side is `provider`, the HTTP side is `arm`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_azure.plugin.arm import ArmClient, Deadline
from local_azure.plugin.diff import with_drift
from local_azure.plugin.errors import AbortedError, ArmError, PluginError
from local_azure.plugin.resource_type import ResourceType
from local_azure.plugin.shapes import (
    imported_inputs,
    inputs_of_outputs,
    outputs_of,
    request_body,
    resource_id,
)
from local_azure.plugin.values import Json, Properties, text


@dataclass(frozen=True, kw_only=True)
class Written:
    """A resource after a write. `failure`: ARM took it on, then the operation failed."""

    arm_id: str
    outputs: Properties
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A resource as it is, and the inputs that describe it."""

    inputs: Properties
    outputs: Properties


class Lifecycle:
    """What can be done with resources of any type in the table."""

    def __init__(self, arm: ArmClient, *, subscription_id: str) -> None:
        self._arm = arm
        self._subscription_id = subscription_id

    def create(
        self, kind: ResourceType, inputs: Mapping[str, Json], *, deadline: Deadline
    ) -> Written:
        """Makes a resource. Raises PluginError when it is there already: adopting is `import_`."""
        arm_id = resource_id(kind, inputs, subscription_id=self._subscription_id)
        if self._exists(kind, arm_id, deadline=deadline):
            raise PluginError(f"cannot create already existing resource '{arm_id}'")
        return self._written(kind, arm_id, inputs, deadline=deadline)

    def update(
        self, kind: ResourceType, inputs: Mapping[str, Json], *, deadline: Deadline
    ) -> Written:
        """Puts the whole resource again; what the inputs leave out is reset by ARM."""
        arm_id = resource_id(kind, inputs, subscription_id=self._subscription_id)
        return self._written(kind, arm_id, inputs, deadline=deadline)

    def delete(self, kind: ResourceType, arm_id: str, *, deadline: Deadline) -> None:
        """Deletes and waits; no such resource is fine."""
        self._arm.delete(arm_id, kind.api_version, deadline=deadline)

    def read(
        self,
        kind: ResourceType,
        arm_id: str,
        *,
        inputs: Mapping[str, Json],
        outputs: Mapping[str, Json],
        deadline: Deadline,
    ) -> Found | None:
        """The live resource, None when it is gone. Without inputs it is an import."""
        try:
            answer = self._arm.get(arm_id, kind.api_version, deadline=deadline)
        except ArmError as error:
            if error.status == 404:
                return None
            raise
        live = outputs_of(kind, answer)
        if not inputs:
            return Found(inputs=imported_inputs(kind, arm_id, live), outputs=live)
        before = inputs_of_outputs(kind, outputs)
        after = inputs_of_outputs(kind, live)
        return Found(inputs=with_drift(inputs, before, after), outputs=live)

    def _exists(self, kind: ResourceType, arm_id: str, *, deadline: Deadline) -> bool:
        try:
            return bool(self._arm.get(arm_id, kind.api_version, deadline=deadline))
        except ArmError as error:
            if error.status == 404:
                return False
            raise PluginError(f"cannot check existence of resource '{arm_id}': {error}") from error

    def _written(
        self,
        kind: ResourceType,
        arm_id: str,
        inputs: Mapping[str, Json],
        *,
        deadline: Deadline,
    ) -> Written:
        query = {name: _query_value(inputs[name]) for name in kind.query if name in inputs}
        body = request_body(kind, inputs)
        accepted = self._arm.put(arm_id, kind.api_version, body, query=query, deadline=deadline)
        failure = str(accepted.failure or "")
        arm_id = text(accepted.answer, "id") or arm_id
        try:
            answer = self._arm.get(arm_id, kind.api_version, deadline=deadline)
        except AbortedError:
            answer = accepted.answer
        except PluginError as error:
            if not failure:
                # The answer of the PUT is known, so the resource is not lost for a failed read.
                return Written(arm_id=arm_id, outputs=outputs_of(kind, accepted.answer))
            return Written(
                arm_id=arm_id,
                outputs={},
                failure=f"resource created but read failed {error}: {failure}",
            )
        return Written(arm_id=arm_id, outputs=outputs_of(kind, answer), failure=failure)


def _query_value(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
