"""The first stage, on the machine's own Python: see to the tools, then hand over to .venv."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tools import azurite
from tools.arguments import QUIET, Arguments, parse
from tools.checkout import LOCAL, PULUMI_BIN, PYTHON, ROOT, ToolError
from tools.lines import Lines
from tools.tool_chain import ToolChain

_SHOWN = ("up", "preview", "rehearse", "setup")
"""Commands that say which tools there are."""


def main(argv: Sequence[str]) -> int:
    """Run one command. Returns the exit status."""
    arguments = parse(argv)
    if arguments.command == "down" and arguments.local and not LOCAL.exists():
        Lines().say("down", "there is nothing to take down")
        return 0
    quiet = arguments.command in QUIET
    lines = Lines(sys.stderr if quiet else sys.stdout)
    chain = ToolChain(lines)
    try:
        _provide(chain, arguments)
    except ToolError as error:
        Lines(sys.stderr).say("error", str(error), kind="error")
        return 1
    except KeyboardInterrupt:
        Lines(sys.stderr).say("stopped", "what is whole is kept, the rest is made next time")
        return 130
    shown = arguments.command in _SHOWN and not arguments.python_only
    if chain.slow or shown:
        lines.say("tools", chain.summary())
    if arguments.command == "setup":
        return 0
    if arguments.command == "paths":
        _print_paths(chain, as_json=arguments.as_json)
        return 0
    return _hand_over(chain, argv)


def _hand_over(chain: ToolChain, argv: Sequence[str]) -> NoReturn:
    """Become the second stage: the same command line, in .venv."""
    os.chdir(ROOT)
    environment = {**os.environ, PULUMI_BIN: str(chain.pulumi_bin)}
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), "-m", "tools.commands", *argv], environment)  # noqa: S606


def _provide(chain: ToolChain, arguments: Arguments) -> None:
    chain.python()
    if arguments.command == "check" or arguments.python_only:
        return
    chain.pulumi()
    if arguments.site is not None:
        chain.azurite()
        chain.runtime()


def _print_paths(chain: ToolChain, *, as_json: bool) -> None:
    paths = {
        "python": str(PYTHON),
        "pulumi_bin": str(chain.pulumi_bin),
        "azurite": azurite.command(),
    }
    if as_json:
        print(json.dumps(paths, indent=2))
        return
    for name, value in paths.items():
        print(f"{name:12}{value if isinstance(value, str) else ' '.join(value)}")
