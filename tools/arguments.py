"""The command line, read twice: before .venv exists, and in it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tools.checkout import LOCAL_SITE, LOCAL_STACK, Site, rehearsal_site

COMMANDS = {
    "up": "deploy the stack, ask the flow its sample question, show the answer",
    "preview": "show what `up` would do",
    "rehearse": "deploy any stack's own config into a local Azure, then take it down again",
    "invoke": "send the sample request (or --data) and print the answer",
    "logs": "the logs of both containers of each deployment",
    "status": "endpoints, deployments and traffic, as Azure has them now",
    "down": "take the stack down; the local one leaves nothing behind",
    "key": "print an endpoint's key and nothing else",
    "env": "print the environment for the plain Pulumi CLI, for eval",
    "check": "check the stack's files without deploying anything",
    "setup": "get the tool chain",
    "paths": "say where the tools are",
}
QUIET = frozenset({"invoke", "logs", "status", "key", "env", "check", "paths"})
"""Commands whose output is read by others: set-up is mentioned on stderr, if it takes long."""


@dataclass(frozen=True)
class Arguments:
    """What was asked for."""

    command: str
    stack: str = LOCAL_STACK
    endpoint: str | None = None
    deployment: str | None = None
    data: str | None = None
    """JSON, or `@file`."""
    tail: int = 100
    """Lines of each log."""
    yes: bool = False
    python_only: bool = False
    """For `setup`: .venv and nothing else."""
    as_json: bool = False

    settings: tuple[str, ...] = ()
    """Of a rehearsal's local Azure: `name=value` each."""
    keep: bool = False
    """Let a rehearsal stand until it is interrupted."""
    rehearsed: bool = False
    """Not the stack itself, but the rehearsal of it that stands."""

    @property
    def site(self) -> Site | None:
        """Where on this machine the command works; None: in the cloud."""
        if self.apart:
            return rehearsal_site(self.stack)
        return LOCAL_SITE if self.local else None

    @property
    def apart(self) -> bool:
        """Whether nothing of the user's accounts may come in: it is about a rehearsal."""
        return self.rehearsed or self.command == "rehearse"

    @property
    def local(self) -> bool:
        """Whether the stack is the one against the local Azure."""
        return self.stack == LOCAL_STACK


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line. Ends the process with a usage line when it is wrong."""
    parser = argparse.ArgumentParser(prog="python3 -m tools", description="Flow Endpoints")
    parser.add_argument("command", choices=COMMANDS, metavar="command", help=", ".join(COMMANDS))
    parser.add_argument("--stack", default=LOCAL_STACK)
    parser.add_argument("--endpoint")
    parser.add_argument("--deployment")
    parser.add_argument("--data", help="JSON, or @file")
    parser.add_argument("--tail", type=int, default=100, help="lines of each log")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--python-only", action="store_true", help="setup: .venv and no more")
    parser.add_argument("--settings", default="", help="rehearse: NAME=VALUE …, of the local Azure")
    parser.add_argument("--keep", action="store_true", help="rehearse: until interrupted")
    parser.add_argument("--rehearsed", action="store_true", help="ask the rehearsal that stands")
    parser.add_argument("--json", action="store_true", dest="as_json")
    given = parser.parse_args(argv)
    # An unset make variable arrives as an empty text.
    return Arguments(
        command=given.command,
        stack=given.stack or LOCAL_STACK,
        endpoint=given.endpoint or None,
        deployment=given.deployment or None,
        data=given.data or None,
        tail=given.tail,
        yes=given.yes,
        as_json=given.as_json,
        python_only=given.python_only,
        settings=tuple(given.settings.split()),
        keep=given.keep,
        rehearsed=given.rehearsed,
    )
