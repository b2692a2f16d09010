"""Long-running operations: what a client polls after a PUT or DELETE was accepted."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from local_azure.arm.errors import ArmError, as_json
from local_azure.arm.shape import JsonObject
from local_azure.arm.store import timestamp

Status = Literal["InProgress", "Succeeded", "Failed", "Canceled"]
LOG = logging.getLogger("local_azure")
KEPT_SECONDS = 3600.0


@dataclass(kw_only=True)
class Operation:
    """One operation. Lives in memory only: after a restart the resource's state tells."""

    resource_id: str
    verb: Literal["PUT", "DELETE", "POST"]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: Status = "InProgress"
    error: ArmError | None = None
    started_at: str = field(default_factory=timestamp)
    ended_at: str | None = None
    ended: float = 0.0

    def view(self, identifier: str) -> JsonObject:
        """The body of the Azure-AsyncOperation resource."""
        body: JsonObject = {
            "id": identifier,
            "name": self.id,
            "status": self.status,
            "startTime": self.started_at,
        }
        if self.ended_at is not None:
            body["endTime"] = self.ended_at
            body["percentComplete"] = 100
        if self.error is not None:
            body["error"] = as_json(self.error)
        return body


class Operations:
    """All operations of the process, and the tasks that carry them out."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def get(self, identifier: str) -> Operation | None:
        """The operation with this id."""
        return self._operations.get(identifier.lower())

    def busy(self, resource_id: str) -> Operation | None:
        """The operation under way on a resource or on anything below it."""
        key = resource_id.lower()
        for name in self._tasks:
            operation = self._operations[name]
            on = operation.resource_id.lower()
            if operation.status == "InProgress" and (on == key or on.startswith(key + "/")):
                return operation
        return None

    def start(self, operation: Operation, work: Callable[[], Awaitable[None]]) -> Operation:
        """Carry out `work` in the background; an `ArmError` from it fails the operation."""
        self._forget_old()
        self._operations[operation.id] = operation
        task = asyncio.create_task(self._run(operation, work))
        self._tasks[operation.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(operation.id, None))
        return operation

    async def _run(self, operation: Operation, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except ArmError as error:
            operation.error = error
            operation.status = "Failed"
        except asyncio.CancelledError:
            operation.status = "Canceled"
        except Exception:
            LOG.exception("operation on %s", operation.resource_id)
            operation.error = ArmError(500, "InternalServerError", "The local Azure has a defect.")
            operation.status = "Failed"
        else:
            operation.status = "Succeeded"
        operation.ended_at = timestamp()
        operation.ended = time.monotonic()

    async def finished(self, operation: Operation) -> None:
        """Return when the operation has ended."""
        task = self._tasks.get(operation.id)
        if task is not None:
            await asyncio.wait([task])

    def cancel(self, operation: Operation) -> None:
        """Stop an operation; it ends as Canceled."""
        task = self._tasks.get(operation.id)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Cancel what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)

    def _forget_old(self) -> None:
        horizon = time.monotonic() - KEPT_SECONDS
        for name, operation in list(self._operations.items()):
            if operation.ended and operation.ended < horizon:
                del self._operations[name]
