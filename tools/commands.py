"""The second stage, in .venv: `python -m tools.commands <command> …`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from tools import deploy, endpoints, environment, rehearsal
from tools.arguments import Arguments, parse
from tools.check import checked
from tools.checkout import ToolError
from tools.lines import Lines

_ATTEMPTS = {
    "key": "read the endpoint's key",
    "invoke": "ask the endpoint",
    "logs": "read the logs",
    "status": "read the endpoints",
}


def main(argv: Sequence[str]) -> int:
    """Run one command. Returns the exit status."""
    # The CLI ends its plugins by interrupts; a background job of a shell inherits them as ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments = parse(argv)
    if arguments.apart:
        environment.isolate()
    out, errors = Lines(sys.stdout), Lines(sys.stderr)
    try:
        return _dispatch(arguments, out, errors)
    except ToolError as error:
        errors.say("error", str(error), kind="error")
        return 1
    except KeyboardInterrupt:
        errors.say("stopped", "nothing that ran on was waited for")
        return 130
    except BrokenPipeError:
        return 0


def _dispatch(arguments: Arguments, out: Lines, errors: Lines) -> int:
    match arguments.command:
        case "up":
            return deploy.up(arguments, out)
        case "preview":
            return deploy.preview(arguments, out)
        case "rehearse":
            return rehearsal.rehearse(arguments, out)
        case "down":
            return deploy.down(arguments, out)
        case "check":
            return 0 if checked(arguments.stack, out) else 1
        case "env":
            site = arguments.site
            azure = deploy.local_azure(arguments)[1] if site else {}
            added = environment.additions(arguments, azure)
            if site:
                environment.ensure_stack(site, environment.whole(added))
            print(environment.exports(added))
            return 0
        case _:
            return _on_endpoint(arguments, out, errors)


def _on_endpoint(arguments: Arguments, out: Lines, errors: Lines) -> int:
    os.environ.update(deploy.prepare(arguments, None))
    with endpoints.asking_azure(f"cannot {_ATTEMPTS[arguments.command]} of {arguments.stack}"):
        match arguments.command:
            case "key":
                return endpoints.key(arguments)
            case "invoke":
                return endpoints.invoke(arguments, errors)
            case "logs":
                return endpoints.logs(arguments)
            case _:
                return endpoints.status(arguments, out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
