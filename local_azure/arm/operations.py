"""Long-running operations: what a client polls after a PUT or DELETE was accepted.

The last `KEPT` are a part of the snapshot, so that a client which polls over a restart gets an
answer: that of the operation if it had ended, else what became of the resource.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from local_azure.arm.errors import ArmError, as_json
from local_azure.arm.shape import JsonObject, dig, number, section, text
from local_azure.arm.store import Resource, timestamp

Status = Literal["InProgress", "Succeeded", "Failed", "Canceled"]
LOG = logging.getLogger("local_azure")
KEPT = 200
ENDED: tuple[str, ...] = get_args(Status)[1:]
Verb = Literal["PUT", "DELETE", "POST"]


@dataclass(kw_only=True)
class Operation:
    """One operation."""

    resource_id: str
    verb: Verb
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: Status = "InProgress"
    error: ArmError | None = None
    started_at: str = field(default_factory=timestamp)
    ended_at: str | None = None

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
    """All operations of a world, and the tasks that carry them out."""

    def __init__(
        self, kept: JsonObject, on_change: Callable[[], None], *, flush: Callable[[], None]
    ) -> None:
        self._kept = kept
        self._on_change = on_change
        self._flush = flush
        self._operations = {name: _restored(name, section(kept, name)) for name in kept}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.closing = False
        """Whether the process ends: what is interrupted now goes on after the next start."""

    def all(self) -> Iterable[Operation]:
        """Those under way and the last ones that ended, the oldest first."""
        return tuple(self._operations.values())

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
        self._operations[operation.id] = operation
        self._keep(operation)
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
            if self.closing:
                return
            operation.status = "Canceled"
        except Exception:
            LOG.exception("operation on %s", operation.resource_id)
            operation.error = ArmError(500, "InternalServerError", "The local Azure has a defect.")
            operation.status = "Failed"
        else:
            operation.status = "Succeeded"
        operation.ended_at = timestamp()
        self._keep(operation)
        self._flush()

    def settle(self, find: Callable[[str], Resource | None]) -> None:
        """After a restart, when all resources have settled: end what was under way."""
        for operation in self._operations.values():
            if operation.status != "InProgress" or operation.id in self._tasks:
                continue
            resource = find(operation.resource_id)
            if operation.verb == "DELETE":
                operation.status = "Succeeded" if resource is None else "Failed"
            else:
                state = resource.state if resource else "Failed"
                operation.status = cast("Status", state if state in ENDED else "Failed")
            if operation.status == "Failed":
                operation.error = ArmError(
                    500, "InternalServerError", "The operation was interrupted by a restart."
                )
            operation.ended_at = timestamp()
            self._keep(operation)

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
        """Interrupt what is under way; its resources keep the state they are in."""
        self.closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)

    def _keep(self, operation: Operation) -> None:
        """Write it down, and forget the oldest ended one when there are too many."""
        view = operation.view(operation.id)
        status = operation.error.status if operation.error else 0
        self._kept[operation.id] = {
            **view,
            "resource": operation.resource_id,
            "verb": operation.verb,
            "httpStatus": status,
        }
        if len(self._operations) > KEPT:
            ended = (one for one in self._operations.values() if one.status != "InProgress")
            oldest = next(ended, None)
            if oldest is not None:
                del self._operations[oldest.id]
                self._kept.pop(oldest.id, None)
        self._on_change()


def _restored(name: str, kept: JsonObject) -> Operation:
    error = section(kept, "error")
    return Operation(
        id=name,
        resource_id=text(kept, "resource"),
        verb=cast("Verb", text(kept, "verb")),
        status=cast("Status", text(kept, "status")),
        started_at=text(kept, "startTime"),
        ended_at=text(kept, "endTime") or None,
        error=ArmError(
            int(number(kept, "httpStatus", default=500)),
            text(error, "code"),
            text(error, "message"),
            details=[
                (text(one, "code"), text(one, "message"))
                for one in cast("list[JsonObject]", dig(error, "details") or [])
            ],
        )
        if error
        else None,
    )
