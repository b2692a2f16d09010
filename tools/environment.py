"""The environment that a stack's commands run in.

The local stack has its own Azure, its own Pulumi backend and the stand-in plugin; any other
stack has what the user's shell has, and the Pulumi CLI that was found.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from tools.arguments import Arguments
from tools.checkout import (
    LOCAL_AZURE_HOME,
    LOCAL_BACKEND,
    LOCAL_STACK,
    PLUGIN_BIN,
    PULUMI_BIN,
    PYTHON,
    ROOT,
    ToolError,
)
from tools.engine import cli

_EXPORT = re.compile(r"^export (\w+)=(.*)$")
_QUIET = {"PULUMI_SKIP_UPDATE_CHECK": "true"}


def additions(arguments: Arguments, azure: Mapping[str, str]) -> dict[str, str]:
    """What is added to the shell's environment; `azure` is what `local_azure env` says."""
    first = [os.environ.get(PULUMI_BIN, "")]
    if not arguments.local:
        return {**_QUIET, "PATH": _path(first), "PULUMI_STACK": arguments.stack}
    return {
        **_QUIET,
        **azure,
        "PULUMI_BACKEND_URL": LOCAL_BACKEND.as_uri(),
        # The local stack's secrets are the local Azure's: worth nothing elsewhere.
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_STACK": LOCAL_STACK,
        "LOCAL_AZURE_PYTHON": str(PYTHON),
        "PATH": _path([str(PLUGIN_BIN), *first]),
    }


def whole(added: Mapping[str, str]) -> dict[str, str]:
    """The shell's environment with the additions."""
    kept = {name: value for name, value in os.environ.items() if name != PULUMI_BIN}
    return {**kept, **added}


@contextmanager
def applied(variables: Mapping[str, str]) -> Generator[None]:
    """This process in that environment, for calls of Azure's SDKs, which read it as they go."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def exports(added: Mapping[str, str]) -> str:
    """The additions as lines for `eval`."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in added.items())


def start_local_azure() -> tuple[str, dict[str, str]]:
    """Start it, unless it runs. Returns the line it says and the environment it wants."""
    said = _local_azure("start").strip()
    wanted: dict[str, str] = {}
    for line in _local_azure("env").splitlines():
        match = _EXPORT.match(line.strip())
        if match:
            wanted[match.group(1)] = "".join(shlex.split(match.group(2)))
    return said, wanted


def stop_local_azure() -> str:
    """Stop it and all that it runs. Returns the line it says."""
    return _local_azure("stop").strip()


def ensure_local_stack(environment: Mapping[str, str]) -> None:
    """Make the backend and the stack, where there are none. Raises `ToolError`."""
    if has_local_stack():
        return
    LOCAL_BACKEND.mkdir(parents=True, exist_ok=True)
    done = cli(["stack", "init", LOCAL_STACK], environment)
    if done.returncode and "already exists" not in done.stderr:
        raise ToolError(f"cannot make the local stack: {done.stderr.strip()}")


def has_local_stack() -> bool:
    """Whether the local backend holds the stack."""
    stacks = LOCAL_BACKEND / ".pulumi" / "stacks"
    return any(stacks.glob(f"**/{LOCAL_STACK}.json"))


def _local_azure(verb: str) -> str:
    done = subprocess.run(
        [str(PYTHON), "-m", "local_azure", verb, "--home", str(LOCAL_AZURE_HOME)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise ToolError(f"the local Azure does not {verb}: {said.splitlines()[-1] if said else ''}")
    return done.stdout


def _path(first: list[str]) -> str:
    """PATH with these directories in front, each once."""
    rest = os.environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join([*filter(None, first), *(d for d in rest if d not in first)])
