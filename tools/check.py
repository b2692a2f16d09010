"""What `python -m specs check` says of a stack, before `make` does anything with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tools.checkout import ROOT
from tools.lines import Lines

if TYPE_CHECKING:
    from specs.bodies import CheckResult
    from specs.stack import Stack


def checked(stack: str, lines: Lines) -> Stack | None:
    """Read the stack's files and say what was found; None when there is an error."""
    return reviewed(stack, lines).stack


def reviewed(stack: str, lines: Lines) -> CheckResult:
    """The same with all that was found: the cores it takes, for one."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # nobody's: finding them is slow
    from specs.check import check_stack
    from specs.report import as_text

    result = check_stack(stack, project=ROOT)
    colour = lines.live and not os.environ.get("NO_COLOR")
    lines.stream.write(as_text(result, what=f"stack {stack}", colour=colour) + "\n")
    lines.stream.flush()
    return result
