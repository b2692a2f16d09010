"""up, preview and down: one run of the CLI each, told in a few lines."""

from __future__ import annotations

import importlib
import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tools import engine, environment
from tools.arguments import Arguments
from tools.check import checked
from tools.checkout import LOCAL_SITE, ToolError, rehearsal_site
from tools.endpoints import answer_in, ask, asking_azure, endpoint_of, refusal, sample_of
from tools.lines import Lines, duration, listed
from tools.nouns import Values
from tools.progress import INTERRUPTED, Progress

if TYPE_CHECKING:
    from specs.stack import Stack

Environment = dict[str, str]


@dataclass(frozen=True)
class Watch:
    """Who else follows a run of the CLI."""

    event: Callable[[engine.Event], None]
    """Called with every event, first."""
    ended: Callable[[], None]
    """Called when the CLI has ended, before anything is said of how."""


def up(arguments: Arguments, lines: Lines) -> int:
    """Deploy, then show the flow's answer and how to ask it."""
    stack = checked(arguments.stack, lines)
    if stack is None:
        return 1
    variables = prepare(arguments, lines)
    if not arguments.local and not _agreed(arguments, variables, lines):
        return 1
    operation = ["up", "--yes", "--skip-preview", "--stack", arguments.stack]
    progress = deployed(operation, variables, lines)
    return 0 if progress and answers(stack, progress.outputs, variables, lines) else 1


def preview(arguments: Arguments, lines: Lines) -> int:
    """Show what `up` would do."""
    if checked(arguments.stack, lines) is None:
        return 1
    variables = prepare(arguments, lines)
    operation = ["preview", "--stack", arguments.stack]
    return 0 if previewed(operation, variables, lines) else 1


def down(arguments: Arguments, lines: Lines) -> int:
    """Take the stack down. The local one leaves no process, no resource and no state."""
    if arguments.rehearsed:
        raise ToolError("a rehearsal ends by itself\nPress Ctrl-C where it stands.")
    if not arguments.local:
        flags = ["--yes"] if arguments.yes else []
        variables = environment.whole(environment.additions(arguments, {}))
        return engine.interactive(["destroy", "--stack", arguments.stack, *flags], variables)
    status, site = 0, LOCAL_SITE
    if environment.has_stack(site):
        variables = prepare(arguments, lines)
        operation = ["destroy", "--yes", "--skip-preview", "--stack", arguments.stack]
        progress, status = _run(operation, variables, lines=lines, label="down")
        if _said_well(progress, status, lines):
            lines.say("down", listed(progress.done) or "nothing was deployed")
    elif not site.azure.exists():
        lines.say("down", "there is nothing to take down")
    if site.azure.exists():
        lines.say("azure", environment.stop_local_azure(site) or "stopped")
    # The local world is made anew by the next `up`: a failed destroy must not stay in the way.
    for folder in (site.azure, site.backend, site.pulumi_home):
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if status else 0


def prepare(arguments: Arguments, lines: Lines | None) -> Environment:
    """The environment of the stack's commands; starts the local Azure for the local one."""
    azure: Mapping[str, str] = {}
    if arguments.site:
        said, azure = local_azure(arguments)
        if lines is not None:
            lines.say("azure", said)
    added = environment.additions(arguments, azure)
    whole = environment.whole(added)
    if arguments.site:
        environment.ensure_stack(arguments.site, whole)
    return whole


def local_azure(arguments: Arguments) -> tuple[str, Environment]:
    """Where the command's local Azure is, and the environment its clients want."""
    if arguments.rehearsed:
        return environment.standing_local_azure(rehearsal_site(arguments.stack))
    return environment.start_local_azure(LOCAL_SITE)


def _agreed(arguments: Arguments, variables: Environment, lines: Lines) -> bool:
    """Show what is going to happen to a cloud stack, and ask."""
    if arguments.yes:
        return True
    if not previewed(["preview", "--stack", arguments.stack], variables, lines):
        return False
    if not sys.stdin.isatty():
        raise ToolError(f"nobody is there to say yes\nAdd YES=1 to deploy stack {arguments.stack}.")
    return input(f"{'':10}deploy this to stack {arguments.stack}? [y/N] ").lower() in ("y", "yes")


def previewed(
    operation: list[str], variables: Environment, lines: Lines, *, watch: Watch | None = None
) -> bool:
    """Run a preview of the CLI and say what it would do. Returns whether it went well."""
    progress, status = _run(operation, variables, lines=lines, label="preview", watch=watch)
    if not _said_well(progress, status, lines):
        return False
    unchanged = f"no changes to {progress.unchanged} resources"
    lines.say("preview", listed(progress.done, "  ") or unchanged)
    return True


def deployed(
    operation: list[str], variables: Environment, lines: Lines, *, watch: Watch | None = None
) -> Progress | None:
    """Run an update of the CLI and say what it did; None when it failed."""
    began = time.monotonic()
    threading.Thread(target=_import_ahead, daemon=True).start()
    progress, status = _run(operation, variables, lines=lines, label="up", watch=watch)
    if not _said_well(progress, status, lines):
        return None
    steps = listed(progress.done) or f"no changes to {progress.unchanged} resources"
    lines.say("up", f"{steps} · {duration(time.monotonic() - began)} in all")
    return progress


def _run(
    operation: list[str],
    variables: Environment,
    *,
    lines: Lines,
    label: str,
    watch: Watch | None = None,
) -> tuple[Progress, int]:
    progress = Progress(lines, label, preview=operation[0] == "preview")

    def take(event: engine.Event) -> None:
        if watch is not None:
            watch.event(event)
        progress.take(event)

    status, stderr = engine.run(operation, variables, on_event=take, on_tick=progress.tick)
    if watch is not None:
        watch.ended()
    if status and not progress.errors:
        # The CLI did not get as far as its engine: no such stack, a lock, a broken backend.
        silent = INTERRUPTED if status == -signal.SIGINT else f"pulumi ended with {status}"
        progress.errors.append(stderr.removeprefix("error: ") or silent)
    return progress, status


def _said_well(progress: Progress, status: int, lines: Lines) -> bool:
    """Whether it went well; says what was done before it did not, and why it did not."""
    if status == engine.SUCCEEDED and not progress.errors:
        return True
    if progress.done:
        lines.say(progress.label, f"{listed(progress.done)} · and then it failed")
    for error in progress.errors:
        lines.say("error", error, kind="error")
    return False


def answers(
    stack: Stack,
    outputs: Values,
    variables: Environment,
    lines: Lines,
    *,
    commands: bool = True,
) -> bool:
    """Show the answer of each endpoint to its sample request, and (with `commands`) the lines to
    copy: what asks it, and what an administrator has to assign.

    Returns whether all answered.
    """
    shown: Values = outputs if commands else {}
    facts = cast("Mapping[str, Values]", shown.get("endpoints") or {})
    well = True
    for line in cast("list[str]", shown.get("rolesToGrant") or []):
        lines.raw("to grant", line)
    for service in stack.services:
        sample, name = sample_of(service), service.endpoint.name
        if sample is not None and service.traffic:
            with environment.applied(variables), asking_azure(f"cannot ask endpoint {name}"):
                reply = ask(endpoint_of(stack, service), json.dumps(sample).encode())
            well = well and reply.status == 200
            if reply.status == 200:
                lines.say("answer", answer_in(reply.text, service))
            else:
                lines.say("error", refusal(name, reply), kind="error")
        if curl := facts.get(name, {}).get("curl"):
            lines.raw("try it", str(curl))
    return well


def _import_ahead() -> None:
    """Load what the answer needs while the CLI works."""
    for module in ("azure.core", "azure.identity", "components.providers.arm"):
        importlib.import_module(module)
