"""The environment that a stack's commands run in.

What runs on this machine has a site: its own Azure, its own Pulumi backend and the stand-in
plugin. Any other stack has what the user's shell has, and the Pulumi CLI that was found.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tools.arguments import Arguments
from tools.checkout import PLUGIN, PULUMI_BIN, PYTHON, ROOT, Site, ToolError
from tools.engine import cli

if TYPE_CHECKING:
    from local_azure.control import Running

_MACHINE = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "CI"),
        "LD_LIBRARY_PATH",
        *("TERM", "COLUMNS", "LINES", "NO_COLOR", "LANG", "LANGUAGE"),
        # How this machine reaches package registries: the local Azure installs what flows require.
        *("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    }
)
_OF_MACHINE = ("LC_", "XDG_", "PIP_", "UV_", "NPM_CONFIG_", "PYTHON", "FLOW_ENDPOINTS_")
"""All that a rehearsal takes over from the shell. A list of what may pass, not of what may not:
nobody knows all variables by which some tool finds an account of its user's."""
_QUIET = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
_SIGN_IN = ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_ID")


def additions(arguments: Arguments, azure: Mapping[str, str]) -> dict[str, str]:
    """What is added to the shell's environment; `azure` is what `local_azure env` says."""
    first, site = [os.environ.get(PULUMI_BIN, "")], arguments.site
    if site is None:
        return {**_QUIET, "PATH": _path(first), "PULUMI_STACK": arguments.stack}
    proxy = azure.get("HTTPS_PROXY", "")
    elsewhere = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    return {
        **_QUIET,
        **azure,
        # Before Azure's own settings azure-native reads these, and the shell may have a cloud's.
        **{f"ARM_{name}": azure[f"AZURE_{name}"] for name in _SIGN_IN if f"AZURE_{name}" in azure},
        "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com",
        # Plain http as well goes nowhere else where the shell knows of a proxy.
        **{name: proxy for name in elsewhere if name in os.environ},
        "PULUMI_HOME": str(site.pulumi_home),
        "PULUMI_BACKEND_URL": site.backend.as_uri(),
        # The secrets here are the local Azure's: worth nothing elsewhere.
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_STACK": site.stack,
        "LOCAL_AZURE_PYTHON": str(PYTHON),
        "PATH": _path(first),
    }


def whole(added: Mapping[str, str]) -> dict[str, str]:
    """The shell's environment with the additions."""
    kept = {name: value for name, value in os.environ.items() if name != PULUMI_BIN}
    return {**kept, **added}


def isolate() -> None:
    """Leave the user's accounts behind: from here on this process and its children know the
    machine and nothing that signs in anywhere."""
    kept = of_machine(os.environ)
    os.environ.clear()
    os.environ.update(kept)


def of_machine(variables: Mapping[str, str]) -> dict[str, str]:
    """Those variables that are about the machine, and not about its user's accounts."""
    return {
        name: value
        for name, value in variables.items()
        if name.upper() in _MACHINE or name.upper().startswith(_OF_MACHINE)
    }


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


def start_local_azure(
    site: Site, *, names: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> tuple[str, dict[str, str]]:
    """Start it, unless it runs. Returns where it is, and the environment its clients want.

    `names` of what a new one holds (subscription_id, workspace, …) and `values` of its settings.
    Raises `ToolError`. In this process: two runs of its command would cost 0.3 s.
    """
    from local_azure import control

    site.azure.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _explained(site, "start"):
        running = control.running(site.azure) or control.spawn(
            site.azure, names=names or {}, values=values or {}
        )
        return _whereabouts(site, running)


def standing_local_azure(site: Site) -> tuple[str, dict[str, str]]:
    """The same of one that runs. Raises `ToolError` when none does."""
    from local_azure import control

    running = control.running(site.azure)
    if running is None:
        raise ToolError(
            f"no rehearsal of stack {site.stack} stands\n"
            f"Start one that does:  make rehearse STACK={site.stack} KEEP=1"
        )
    return _whereabouts(site, running)


def _whereabouts(site: Site, running: Running) -> tuple[str, dict[str, str]]:
    from local_azure.egress import client_environment
    from local_azure.world import open_world

    wanted = client_environment(
        site.azure,
        open_world(site.azure, {}),
        proxy_port=running.proxy_port,
        http_port=running.http_port,
    )
    where = f"local Azure on 127.0.0.1:{running.http_port}, workspace {running.workspace}"
    return where, dict(wanted)


def stop_local_azure(site: Site) -> str:
    """Stop it and all that it runs. Returns what ended. Raises `ToolError`."""
    from local_azure import control

    with _explained(site, "stop"):
        ended = control.stop(site.azure)
    return f"stopped {', '.join(ended)}" if ended else "nothing was running"


def ensure_stack(site: Site, environment: Mapping[str, str]) -> None:
    """Make the backend and the stack, where there are none. Raises `ToolError`."""
    install_plugin(site)
    if has_stack(site):
        _drop_dead_locks(site)
        return
    site.backend.mkdir(parents=True, exist_ok=True)
    done = cli(["stack", "init", site.stack, "--cwd", str(site.project)], environment)
    if done.returncode and "already exists" not in done.stderr:
        raise ToolError(f"cannot make stack {site.stack}: {done.stderr.strip()}")


def has_stack(site: Site) -> bool:
    """Whether the site's backend holds the stack."""
    stacks = site.backend / ".pulumi" / "stacks"
    return any(stacks.glob(f"**/{site.stack}.json"))


def _drop_dead_locks(site: Site) -> None:
    """Locks of a CLI that was killed, or whose terminal was closed: nobody would ever take them
    off, and one of another machine or of a CLI that runs is left alone."""
    for lock in (site.backend / ".pulumi" / "locks").glob("**/*.json"):
        if _is_dead(lock):
            lock.unlink(missing_ok=True)


def _is_dead(lock: Path) -> bool:
    try:
        held = json.loads(lock.read_text())
        return held["hostname"] == socket.gethostname() and not psutil.pid_exists(held["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def install_plugin(site: Site) -> None:
    """Put the stand-in where the CLI keeps the plugin of the SDK's version.

    On PATH it would be found as well, and warned of at every run.
    """
    folder = f"resource-azure-native-v{version('pulumi-azure-native')}"
    link = site.pulumi_home / "plugins" / folder / PLUGIN.name
    if link.is_symlink() and link.exists():
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(PLUGIN)


@contextmanager
def _explained(site: Site, verb: str) -> Generator[None]:
    from local_azure.control import ControlError
    from local_azure.home import StartError

    try:
        yield
    except (ControlError, StartError) as error:
        log = site.azure.relative_to(ROOT) / "service.log"
        raise ToolError(f"the local Azure does not {verb}: {error}\nIts log is {log}.") from error


def _path(first: list[str]) -> str:
    """PATH with these directories in front, each once."""
    rest = os.environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join([*filter(None, first), *(d for d in rest if d not in first)])
