"""`python -m local_azure fault …` and `cancel`: the command line of `fault_routes`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from local_azure import control
from local_azure.arm.shape import items, number, text
from local_azure.faults import KINDS, Fault

_GIVEN = ("method", "host", "path", "times", "after", "status", "code", "message", "retry_after")
Command = Callable[[str, object, str], argparse.ArgumentParser]


def add_to(command: Command) -> None:
    """Declare the commands."""
    fault = command("fault", _fault, "make requests or operations go wrong")
    fault.add_argument("do", choices=("add", "list", "clear"))
    fault.add_argument(
        "what", nargs="?", default="", metavar="KIND|ID", help=f"add: {', '.join(KINDS)}"
    )
    for name in (*_GIVEN, "seconds"):
        default = getattr(Fault(kind="status"), name)
        about = f"(default {default})" if default not in ("", -1.0) else ""
        fault.add_argument(f"--{name.replace('_', '-')}", default="", help=about)
    cancel = command("cancel", _cancel, "cancel the operation under way on a resource")
    cancel.add_argument("resource", help="ARM id")


def _fault(home: Path, options: argparse.Namespace) -> int:
    control.need(home)
    if options.do == "list":
        return _list(home)
    if options.do == "clear":
        query = {"id": str(options.what)} if options.what else None
        answer = control.ask(home, "DELETE", "/_local/faults", query=query)
        print(f"cleared {int(number(answer, 'cleared'))} faults")
        return 0
    wanted = {name: str(getattr(options, name)) for name in (*_GIVEN, "seconds")}
    wanted = {name: value for name, value in wanted.items() if value}
    answer = control.ask(home, "POST", "/_local/faults", body={**wanted, "kind": options.what})
    print(f"fault {text(answer, 'id')}")
    return 0


def _list(home: Path) -> int:
    for one in items(control.ask(home, "GET", "/_local/faults"), "faults"):
        times = int(number(one, "times"))
        print(
            f"{text(one, 'id')}  {text(one, 'kind')}  {text(one, 'method')} {text(one, 'host')} "
            f"{text(one, 'path')}  {int(number(one, 'hits'))} of {times or 'all'}"
        )
    return 0


def _cancel(home: Path, options: argparse.Namespace) -> int:
    control.need(home)
    answer = control.ask(
        home, "POST", "/_local/operations/cancel", body={"resource": options.resource}
    )
    print(f"operation {text(answer, 'name')} {text(answer, 'status')}")
    return 0
