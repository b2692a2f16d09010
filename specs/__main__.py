"""`python -m specs check | schema | rules`: all that can be known without Pulumi and Azure."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

DEFAULT_STACK = "local"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 1 where there is an error, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")  # what a terminal cannot show is escaped
    commands = {"check": _check, "schema": _schema, "rules": _rules}
    try:
        code = commands[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m specs",
        description="Checks what you wrote, without Pulumi and without Azure.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check a stack, or single files and flow folders")
    check.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="endpoint, deployment, model, environment or connection YAML, or a flow folder",
    )
    check.add_argument("--stack", help=f"name of a stack (default: {DEFAULT_STACK})")
    check.add_argument("--json", action="store_true", help="findings, bodies and flows as JSON")
    check.add_argument("--subscription", help="subscription id, for the bodies of single files")
    check.add_argument("--resource-group", help="resource group, likewise")
    check.add_argument("--workspace", help="Azure Machine Learning workspace, likewise")
    check.add_argument("--location", help="Azure region, likewise")
    check.add_argument("--today", type=date.fromisoformat, help=argparse.SUPPRESS)
    commands.add_parser("schema", help="print the JSON Schema of stack files, for editors")
    rules = commands.add_parser("rules", help="list all rules")
    rules.add_argument("--markdown", action="store_true", help="as docs/rules.md")
    return parser


def _check(options: argparse.Namespace) -> int:
    if options.files and options.stack:
        _say("give --stack or files, not both")
        return 2
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # nobody's: finding them is slow
    from specs.bodies import Scope
    from specs.check import check_stack, stack_names
    from specs.report import as_json, as_text, counts
    from specs.rules import Circumstances

    circumstances = Circumstances(today=options.today) if options.today else Circumstances()
    project = Path.cwd()
    if options.files:
        scope = Scope(
            subscription=options.subscription,
            resource_group=options.resource_group,
            workspace_name=options.workspace,
            location=options.location,
        )
        what = counts(len(options.files), "file")
        from specs.check_files import check_files

        result = check_files(
            options.files, project=project, scope=scope, circumstances=circumstances
        )
    else:
        name = options.stack or DEFAULT_STACK
        what = f"stack {name}"
        if name not in stack_names(project):
            _say(f"there is no Pulumi.{name}.yaml here; stacks: {_listed(stack_names(project))}")
            return 2
        result = check_stack(name, project=project, seen=circumstances)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(as_json(result) if options.json else as_text(result, what=what, colour=colour))
    return 1 if result.failed else 0


def _schema(_options: argparse.Namespace) -> int:
    from specs.stack_config import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0


def _rules(options: argparse.Namespace) -> int:
    from specs.report import rules_text
    from specs.rules.catalogue import ENTRIES
    from specs.rules.page import markdown

    rows = [(entry.id, entry.severity, entry.title) for entry in ENTRIES.values()]
    print(markdown() if options.markdown else rules_text(rows))
    return 0


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _say(message: str) -> None:
    print(f"error     {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
