"""Flow Endpoints: the stack's flows, deployed to online endpoints of Azure ML.

Read the config, check it, and only when nothing is wrong declare what it asks for.
"""

from pathlib import Path

import pulumi

from components.stack_config import stack_config
from specs.findings import Finding
from specs.stack import Stack, load_stack

PROJECT = Path(__file__).resolve().parent


def main() -> None:
    """Run the program."""
    name = pulumi.get_stack()
    checked = load_stack(
        name, stack_config(), directory=PROJECT, file=PROJECT / f"Pulumi.{name}.yaml"
    )
    errors = [finding for finding in checked.findings if finding.severity == "error"]
    for finding in checked.findings:
        if finding.severity == "warning":
            pulumi.log.warn(told(finding))
    if checked.stack is None:
        count = f"{len(errors)} error{'s' if len(errors) > 1 else ''}"
        text = "\n".join(told(finding) for finding in errors)
        raise pulumi.RunError(f"{count} in stack {name}; nothing was changed\n{text}")
    deploy(checked.stack)


def told(finding: Finding) -> str:
    """A finding as people read it: where, what, and what to do."""
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file or finding.subject
    return f"{place}  {finding.message} ({finding.id}).\n    {finding.fix}"


def deploy(stack: Stack) -> None:
    """Declare everything, and export what people ask for next."""
    # Heavy imports: not before the config is known to be right.
    from components.flow_service import FlowService, FlowServiceArgs
    from components.workspace import Workspace, WorkspaceArgs

    workspace = Workspace(stack.workspace.name, WorkspaceArgs(workspace=stack.workspace))
    services = {
        service.endpoint.name: FlowService(
            service.endpoint.name,
            FlowServiceArgs(workspace=workspace, service=service, manage_roles=stack.manage_roles),
        )
        for service in stack.services
    }
    pulumi.export("endpoints", {name: service.facts for name, service in services.items()})
    if not stack.manage_roles:
        lines = [line for service in services.values() for line in service.to_grant]
        pulumi.export("rolesToGrant", lines)


main()
