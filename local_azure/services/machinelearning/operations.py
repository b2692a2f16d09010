"""What clients poll: the state of an operation, and its result."""

from __future__ import annotations

from local_azure.arm import errors
from local_azure.arm.envelope import retry_after, shown
from local_azure.arm.errors import ArmError
from local_azure.arm.operations import Operation
from local_azure.arm.resource_type import Call, Reply, ResourceType
from local_azure.services.machinelearning.online_deployments import OnlineDeployments
from local_azure.services.machinelearning.online_endpoints import OnlineEndpoints

_KINDS: tuple[type[ResourceType], ...] = (OnlineEndpoints, OnlineDeployments)
"""Those with operations to poll."""


class OperationStatuses(ResourceType):
    """The target of Azure-AsyncOperation."""

    type = "Microsoft.MachineLearningServices/locations/mfeOperationsStatus"
    verbs = ("GET",)
    computed = True

    def permission(self, verb: str) -> str | None:
        """Free: whoever started an operation may ask for it."""
        del verb

    def computed_reply(self, call: Call) -> Reply:
        operation = _found(self, call)
        headers = retry_after(self.azure) if operation.status == "InProgress" else {}
        return Reply(body=operation.view(call.id), headers=headers)


class OperationResults(ResourceType):
    """The target of Location: 202 until the operation has ended."""

    type = "Microsoft.MachineLearningServices/locations/mfeOperationResults"
    verbs = ("GET",)
    computed = True

    def permission(self, verb: str) -> str | None:
        """Free: whoever started an operation may ask for it."""
        del verb

    def computed_reply(self, call: Call) -> Reply:
        operation = _found(self, call)
        if operation.status == "InProgress":
            return Reply(status=202, headers=retry_after(self.azure))
        if operation.error is not None:
            raise operation.error
        if operation.status == "Canceled":
            raise ArmError(409, "OperationCanceled", "The operation was canceled.")
        return self._result(operation)

    def _result(self, operation: Operation) -> Reply:
        """What the operation left behind, or nothing."""
        held = self.azure.store.get(operation.resource_id)
        kind = next((one for one in _KINDS if held and one.type == held.type), None)
        if held is None or kind is None or operation.verb == "DELETE":
            return Reply(status=204)
        return Reply(body=shown(held, kind(self.azure)))


def _found(kind: ResourceType, call: Call) -> Operation:
    operation = kind.azure.operations.get(call.path.names[-1])
    if operation is None:
        raise errors.resource_not_found(kind.type, f"{call.path.names[-1]}", None)
    return operation
