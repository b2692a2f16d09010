"""Flow Endpoints: the stack's flows, deployed to online endpoints of Azure ML.

Read the config, check it, look around in Azure, and only when nothing is wrong declare what the
stack asks for.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from components.stack_config import stack_config
from specs.findings import Finding
from specs.stack import Stack, load_stack
from specs.telling import messages

if TYPE_CHECKING:
    from components.survey import Survey

PROJECT = Path(__file__).resolve().parent


def main() -> None:
    """Run the program."""
    stack, _ = read()
    # The imports from here on are not for a config that is wrong.
    from components.surveyor import Surveying

    surveying = Surveying(stack)
    importlib.import_module("components.flow_service")  # while Azure answers
    survey = surveying.result()
    stack, warnings = read(survey)
    for message in messages(warnings):
        pulumi.log.warn(message)
    deploy(stack, survey)


def read(survey: "Survey | None" = None) -> tuple[Stack, list[Finding]]:
    """The stack, and what is said about it. An error ends the program, before any resource."""
    name = pulumi.get_stack()
    checked = load_stack(
        name,
        stack_config(),
        directory=PROJECT,
        file=PROJECT / f"Pulumi.{name}.yaml",
        seen=survey.circumstances if survey else None,
    )
    findings = list(checked.findings)
    errors = [finding for finding in findings if finding.severity == "error"]
    if checked.stack is None or errors:
        for message in messages(each for each in findings if each.severity == "warning"):
            pulumi.log.warn(message)
        count = f"{len(errors)} error{'s' if len(errors) > 1 else ''}"
        text = "\n".join(messages(errors))
        raise pulumi.RunError(f"{count} in stack {name}; nothing was changed\n{text}")
    return checked.stack, findings


def deploy(stack: Stack, survey: "Survey") -> None:
    """Declare everything, and export what people ask for next."""
    from components.flow_service import FlowService, FlowServiceArgs
    from components.workspace import Workspace, WorkspaceArgs

    workspace = Workspace(
        stack.workspace.name,
        WorkspaceArgs(workspace=stack.workspace, survey=survey, connections=stack.connections),
    )
    services = {
        service.endpoint.name: FlowService(
            service.endpoint.name,
            FlowServiceArgs(
                workspace=workspace,
                service=service,
                manage_roles=stack.manage_roles,
                roles=stack.roles,
            ),
        )
        for service in stack.services
    }
    pulumi.export("endpoints", {name: service.facts for name, service in services.items()})
    if not stack.manage_roles:
        lines = [line for service in services.values() for line in service.to_grant]
        pulumi.export("rolesToGrant", lines)


main()
