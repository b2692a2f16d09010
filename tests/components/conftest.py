"""Component tests declare whole stacks against a recording engine; nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from components.flow_service import FlowService, FlowServiceArgs
from components.workspace import Workspace, WorkspaceArgs
from tests.components.declared import Program, run
from tests.components.projects import Project, their_project


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
