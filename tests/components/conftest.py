"""Component tests declare whole stacks against a recording engine; nothing runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from components.flow_service import FlowService, FlowServiceArgs
from components.workspace import Workspace, WorkspaceArgs
from tests.components.declared import Program, run
from tests.components.projects import Project, their_project

_LOOP = asyncio.new_event_loop()
"""One for all tests and never closed: with it would end the threads of its executor, and with
each of these a loop that Pulumi's SDK made there and does not close."""


@pytest.fixture(autouse=True)
def _loop() -> None:  # pyright: ignore[reportUnusedFunction]
    """The event loop that the SDK asks for; a test before may have taken the thread's away."""
    asyncio.set_event_loop(_LOOP)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A user's project, to be changed by the test before it is declared."""
    return their_project(tmp_path)


@pytest.fixture
def declare() -> Callable[[Project], Program]:
    """Declares all of a project's stack, as `__main__` does."""

    def declared(project: Project) -> Program:
        stack = project.stack()

        def program() -> dict[str, object]:
            workspace = Workspace(
                "mlw",
                WorkspaceArgs(
                    workspace=stack.workspace,
                    survey=project.survey,
                    connections=stack.connections,
                ),
            )
            services = [
                FlowService(
                    service.endpoint.name,
                    FlowServiceArgs(
                        workspace=workspace,
                        service=service,
                        manage_roles=stack.manage_roles,
                        roles=stack.roles,
                    ),
                )
                for service in stack.services
            ]
            return {
                "endpoints": {
                    each.endpoint.name: service.facts
                    for each, service in zip(stack.services, services, strict=True)
                },
                "rolesToGrant": [line for service in services for line in service.to_grant],
            }

        return run(program)

    return declared
