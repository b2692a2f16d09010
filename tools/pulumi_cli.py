"""The Pulumi CLI: one on PATH that is new enough, the vendor's installer, or a build.

The build is for machines that reach only package registries: the Go module pulumi-cli/ names
the CLI as a tool. Its Python language host is in no Go module, so the one of
language_host.py is put beside it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tools import cache
from tools.checkout import PYTHON, ROOT, ToolError

VERSION = "3.258.0"
"""The version that is installed or built."""
OLDEST = (3, 200)
"""The oldest one on PATH that is used: error hooks and `refresh: always` need it."""
MODULE = ROOT / "tools" / "pulumi-cli"
_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_INSTALLER_SECONDS = 240
_INSTALL = """
import socket, sys
socket.setdefaulttimeout(10)
from pulumi.automation import PulumiCommand
from semver import VersionInfo
PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
"""

Say = Callable[[str], None]


def on_path() -> Path | None:
    """A complete CLI on PATH. A bare binary without its Python language host is none."""
    found = shutil.which("pulumi")
    if not found:
        return None
    host = "pulumi-language-python"
    beside = Path(found).resolve().parent / host
    return Path(found) if beside.exists() or shutil.which(host) else None


def version_of(binary: Path) -> str | None:
    """`3.258.0`; None when it does not run."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            [str(binary), "version"], env=environment, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v?(\d+\.\d+\.\d+)", done.stdout.strip())
    return match.group(1) if match else None


def new_enough(version: str | None) -> bool:
    """Whether this program works with that version of the CLI."""
    parts = (version or "0").split(".")
    return tuple(int(part) for part in parts[:2]) >= OLDEST


def cached() -> Path | None:
    """The bin directory of a CLI that was installed or built before."""
    vendor = cache.entry("pulumi-cli", f"{VERSION}-vendor") / "bin"
    return vendor if vendor.is_dir() else built()


def built() -> Path | None:
    """The bin directory of a CLI that was built before, with today's host put beside it."""
    return _assembled() if cache.entry("pulumi-build", build_key()).is_dir() else None


def provide(say: Say) -> tuple[Path, str]:
    """Get one. Returns its bin directory and how it was got: `installed` or `built`.

    `say` is told before each thing that takes long. Raises `ToolError`.
    """
    say(f"getting the Pulumi CLI {VERSION} from its vendor")
    try:
        return cache.ensure("pulumi-cli", f"{VERSION}-vendor", _install) / "bin", "installed"
    except ToolError as error:
        refused = str(error)
    go = shutil.which("go")
    if not go:
        raise ToolError(
            f"no Pulumi CLI of at least {'.'.join(map(str, OLDEST))}: none on PATH, "
            f"{refused}, and there is no Go to build one.\n"
            "Install the Pulumi CLI, or Go 1.21 or newer."
        )
    say(f"building it with Go, about 4 minutes on 2 cores ({refused})")
    cache.ensure("pulumi-build", build_key(), lambda site: _build(go, site))
    return _assembled(), "built"


def _install(site: Path) -> None:
    try:
        done = subprocess.run(
            [str(PYTHON), "-c", _INSTALL, str(site), VERSION],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INSTALLER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ToolError("the vendor's installer took too long") from None
    if done.returncode or version_of(site / "bin" / "pulumi") is None:
        raise ToolError("the vendor is not to be reached")


def _build(go: str, site: Path) -> None:
    flags = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{VERSION}"
    done = subprocess.run(
        [go, "build", "-trimpath", "-ldflags", flags, "-o", str(site / "pulumi"), _PACKAGE],
        cwd=MODULE,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "downloading" not in line]
        raise ToolError(
            f"cannot build the Pulumi CLI: {lines[-1] if lines else f'exit {done.returncode}'}\n"
            "Is the Go module proxy to be reached (go env GOPROXY)? Is Go at least 1.21?"
        )


def _assembled() -> Path:
    binary = cache.entry("pulumi-build", build_key())
    return cache.ensure("pulumi-cli", complete_key(), lambda site: assemble(binary, site)) / "bin"


def assemble(binary: Path, site: Path) -> None:
    """The binary with the Python host beside it: the CLI looks for plugins there first."""
    directory = site / "bin"
    directory.mkdir()
    try:
        os.link(binary / "pulumi", directory / "pulumi")
    except OSError:
        shutil.copy2(binary / "pulumi", directory / "pulumi")
    for file in _host_files():
        shutil.copy2(file, directory / file.name)


def _host_files() -> list[Path]:
    return [ROOT / "tools" / "language_host.py", *sorted((MODULE / "bin").iterdir())]


def build_key() -> str:
    lines = [(MODULE / name).read_bytes() for name in ("go.mod", "go.sum")]
    return f"{VERSION}-{cache.digest(*lines)}"


def complete_key() -> str:
    return f"{build_key()}-{cache.digest(*(file.read_bytes() for file in _host_files()))}"
