"""The environment that a stack's commands run in.

The local stack has its own Azure, its own Pulumi backend and the stand-in plugin; any other
stack has what the user's shell has, and the Pulumi CLI that was found.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version

from tools.arguments import Arguments
from tools.checkout import (
    LOCAL_AZURE_HOME,
    LOCAL_BACKEND,
    LOCAL_PULUMI_HOME,
    LOCAL_STACK,
    PLUGIN,
    PULUMI_BIN,
    PYTHON,
    ROOT,
    ToolError,
)
from tools.engine import cli

_QUIET = {"PULUMI_SKIP_UPDATE_CHECK": "true"}


def additions(arguments: Arguments, azure: Mapping[str, str]) -> dict[str, str]:
    """What is added to the shell's environment; `azure` is what `local_azure env` says."""
    first = [os.environ.get(PULUMI_BIN, "")]
    if not arguments.local:
        return {**_QUIET, "PATH": _path(first), "PULUMI_STACK": arguments.stack}
    return {
        **_QUIET,
        **azure,
        "PULUMI_HOME": str(LOCAL_PULUMI_HOME),
        "PULUMI_BACKEND_URL": LOCAL_BACKEND.as_uri(),
        # The local stack's secrets are the local Azure's: worth nothing elsewhere.
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_STACK": LOCAL_STACK,
        "LOCAL_AZURE_PYTHON": str(PYTHON),
        "PATH": _path(first),
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
    """Start it, unless it runs. Returns where it is, and the environment its clients want.

    Raises `ToolError`. In this process: two runs of its command would cost 0.3 s.
    """
    from local_azure import control
    from local_azure.egress import client_environment
    from local_azure.world import open_world

    home = LOCAL_AZURE_HOME
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _explained("start"):
        running = control.running(home) or control.spawn(home, names={}, values={})
        wanted = client_environment(
            home,
            open_world(home, {}),
            proxy_port=running.proxy_port,
            http_port=running.http_port,
        )
    where = f"local Azure on 127.0.0.1:{running.http_port}, workspace {running.workspace}"
    return where, dict(wanted)


def stop_local_azure() -> str:
    """Stop it and all that it runs. Returns what ended. Raises `ToolError`."""
    from local_azure import control

    with _explained("stop"):
        ended = control.stop(LOCAL_AZURE_HOME)
    return f"stopped {', '.join(ended)}" if ended else "nothing was running"


def ensure_local_stack(environment: Mapping[str, str]) -> None:
    """Make the backend and the stack, where there are none. Raises `ToolError`."""
    _install_plugin()
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


def _install_plugin() -> None:
    """Put the stand-in where the CLI keeps the plugin of the SDK's version.

    On PATH it would be found as well, and warned of at every run.
    """
    folder = f"resource-azure-native-v{version('pulumi-azure-native')}"
    link = LOCAL_PULUMI_HOME / "plugins" / folder / PLUGIN.name
    if link.is_symlink() and link.exists():
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(PLUGIN)


@contextmanager
def _explained(verb: str) -> Generator[None]:
    from local_azure.control import ControlError
    from local_azure.home import StartError

    try:
        yield
    except (ControlError, StartError) as error:
        log = LOCAL_AZURE_HOME.relative_to(ROOT) / "service.log"
        raise ToolError(f"the local Azure does not {verb}: {error}\nIts log is {log}.") from error


def _path(first: list[str]) -> str:
    """PATH with these directories in front, each once."""
    rest = os.environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join([*filter(None, first), *(d for d in rest if d not in first)])
