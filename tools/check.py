"""The `check` line: what the stack's files ask for, and what is wrong with them."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from tools.checkout import ROOT
from tools.lines import Lines

if TYPE_CHECKING:
    from specs.findings import Finding
    from specs.stack import Stack


def checked(stack: str, lines: Lines) -> Stack | None:
    """Read the stack's files and say what was found; None when there is an error."""
    from specs.stack import load_stack_file

    result = load_stack_file(stack, directory=ROOT)
    errors = [finding for finding in result.findings if finding.severity == "error"]
    warnings = [finding for finding in result.findings if finding.severity == "warning"]
    for finding in errors:
        lines.say("error", told(finding), kind="error")
    if result.stack is None:
        lines.say("check", f"{_count(len(errors), 'error')} in stack {stack}: nothing was changed")
        return None
    parts = asked_for(result.stack)
    if warnings:
        parts.append(_count(len(warnings), "warning"))
    said = [", ".join(parts), *(indent(told(finding), "  ") for finding in warnings)]
    lines.say("check", "\n".join(said))
    return result.stack


def asked_for(stack: Stack) -> list[str]:
    """`1 endpoint`, `2 deployments`, `8 DSv2 cores`."""
    from specs.quota import Demand, ledger

    deployments = [each for service in stack.services for each in service.deployments]
    demands = [
        Demand(
            endpoint=each.endpoint_name,
            deployment=each.name,
            instance_type=each.spec.instance_type,
            instances=each.spec.instance_count or 1,
        )
        for each in deployments
        if each.spec.instance_type
    ]
    cores = [
        f"{line.total} {line.family.removeprefix('standard').removesuffix('Family')} cores"
        for line in ledger(demands)
    ]
    counted = [_count(len(stack.services), "endpoint"), _count(len(deployments), "deployment")]
    return [*counted, *cores]


def told(finding: Finding) -> str:
    """A finding: where, what, and what to do."""
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file or finding.subject
    return f"{place}  {finding.message} ({finding.id}).\n{finding.fix}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
