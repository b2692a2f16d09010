"""The command line: start, stop, status, env, logs, telemetry, grant, fault, cancel, routes.
One line a thing, errors without tracebacks."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from local_azure import control, documentation, fault_command
from local_azure.arm.shape import items, number, text
from local_azure.control import ControlError
from local_azure.egress import client_environment
from local_azure.home import StartError
from local_azure.settings import SettingError
from local_azure.world import World, open_world

DEFAULT_HOME = Path(__file__).parents[1] / ".local" / "azure"
_NAMES = ("subscription_id", "resource_group", "workspace", "location", "openai_upstream")
_ERRORS = (ControlError, StartError, SettingError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked."""
    options = _parser().parse_args(arguments)
    home = Path(options.home).expanduser().absolute()
    try:
        return int(options.run(home, options))
    except _ERRORS as error:
        print(f"error  {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_azure", description="A local Azure for online endpoints."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: object, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.add_argument("--home", default=str(DEFAULT_HOME), help="its folder (%(default)s)")
        added.set_defaults(run=run)
        return added

    start = command("start", _start, "start it, or do nothing when it runs")
    start.add_argument("--foreground", action="store_true", help="stay until interrupted")
    start.add_argument("--subscription", dest="subscription_id", default="")
    start.add_argument("--resource-group", default="")
    start.add_argument("--workspace", default="")
    start.add_argument("--location", default="")
    start.add_argument("--openai-upstream", default="", metavar="URL")
    start.add_argument(
        "--setting", action="append", default=[], metavar="NAME=VALUE", help="see docs"
    )
    command("stop", _stop, "end it, with Azurite and all deployments")
    command("status", _status, "what runs")
    command("env", _env, "print `export` lines that send clients to it")
    logs = command("logs", _logs, "the service's log, or a deployment's")
    logs.add_argument("endpoint", nargs="?", default="")
    logs.add_argument("deployment", nargs="?", default="")
    logs.add_argument(
        "--container",
        default="inference-server",
        choices=("inference-server", "storage-initializer"),
    )
    logs.add_argument("--tail", type=int, default=100, help="lines (%(default)s)")
    received = command("telemetry", _telemetry, "what Application Insights received, as JSON lines")
    received.add_argument("--component", default="", help="name of one Application Insights")
    received.add_argument("--table", default="", help="requests, dependencies, traces, …")
    received.add_argument("--tail", type=int, default=50, help="items (%(default)s)")
    grant = command("grant", _grant, "make a role assignment, as the owner of the world")
    grant.add_argument("--assignee-object-id", required=True)
    grant.add_argument(
        "--assignee-principal-type", help="as in the line of az; the directory knows it here"
    )
    grant.add_argument("--role", required=True, help="name or GUID")
    grant.add_argument("--scope", required=True, help="ARM id")
    fault_command.add_to(command)
    documentation.add_to(command)
    return parser


def _start(home: Path, options: argparse.Namespace) -> int:
    names = {name: str(getattr(options, name)) for name in _NAMES}
    values = _settings(options.setting)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if options.foreground:
        logging.basicConfig(
            level=logging.INFO,
            format="%(asctime)s %(message)s",
            filename=home / "service.log",
        )
        from local_azure.server import serve  # the other commands do without its second

        asyncio.run(serve(home, names=names, values=values))
        return 0
    running = control.running(home)
    if running is None:
        running = control.spawn(home, names=names, values=values)
    else:
        control.agree(home, names=names, values=values)
    print(f"local Azure on 127.0.0.1:{running.http_port}, workspace {running.workspace}")
    return 0


def _settings(pairs: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingError(f"--setting wants NAME=VALUE, not {pair!r}")
        values[name.strip().replace("-", "_")] = value
    return values


def _stop(home: Path, _: argparse.Namespace) -> int:
    ended = control.stop(home)
    print(f"stopped {', '.join(ended)}" if ended else "nothing was running")
    return 0


def _status(home: Path, _: argparse.Namespace) -> int:
    running = control.running(home)
    if running is None:
        print("local Azure   not running")
        return 1
    status = control.ask(home, "GET", "/_local/status")
    print(
        f"local Azure   127.0.0.1:{running.http_port}, proxy {running.proxy_port}, "
        f"pid {running.pid}"
    )
    print(
        f"workspace     {text(status, 'workspace')} in {text(status, 'resourceGroup')}, "
        f"{text(status, 'location')}, {int(number(status, 'resources'))} resources"
    )
    for entry in items(status, "deployments"):
        name = text(entry, "deployment")
        if not name:
            print(f"endpoint      {text(entry, 'endpoint')}  {text(entry, 'state')}")
            continue
        share = int(number(entry, "traffic"))
        print(f"deployment    {text(entry, 'endpoint')}/{name}  {text(entry, 'state')}  {share} %")
    return 0


def _env(home: Path, _: argparse.Namespace) -> int:
    running = control.need(home)
    environment = client_environment(
        home, _world(home), proxy_port=running.proxy_port, http_port=running.http_port
    )
    for name, value in environment.items():
        quoted = value.replace("'", "'\"'\"'")
        print(f"export {name}='{quoted}'")
    return 0


def _world(home: Path) -> World:
    return open_world(home, {})


def _logs(home: Path, options: argparse.Namespace) -> int:
    if not options.endpoint:
        path = home / "service.log"
        if not path.exists():
            raise ControlError(f"{path} does not exist: nothing was started there yet")
        lines = path.read_text("utf-8", errors="replace").splitlines()
        print("\n".join(lines[-options.tail :]))
        return 0
    if not options.deployment:
        raise ControlError("give the endpoint and the deployment: logs ENDPOINT DEPLOYMENT")
    control.need(home)
    query = {
        "endpoint": options.endpoint,
        "deployment": options.deployment,
        "container": options.container,
        "tail": str(options.tail),
    }
    print(text(control.ask(home, "GET", "/_local/logs", query=query), "content"), end="")
    return 0


def _telemetry(home: Path, options: argparse.Namespace) -> int:
    control.need(home)
    query = {"component": options.component, "table": options.table, "tail": str(options.tail)}
    for item in items(control.ask(home, "GET", "/_local/telemetry", query=query), "items"):
        print(json.dumps(item))
    return 0


def _grant(home: Path, options: argparse.Namespace) -> int:
    control.need(home)
    wanted = {
        "principalId": options.assignee_object_id,
        "role": options.role,
        "scope": options.scope,
    }
    answer = control.ask(
        home, "POST", "/_local/grant", body=wanted, tolerate="RoleAssignmentExists"
    )
    done = "granted" if text(answer, "id") else "already granted"
    print(f"{done}  {options.role} to {options.assignee_object_id} on {options.scope}")
    return 0
