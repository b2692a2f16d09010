"""The plugins that the CLI starts: it ends them in good order, unless it is killed itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools.checkout import PLUGIN, ROOT, VENV

DYNAMIC = ROOT / "tools" / "pulumi-cli" / "bin" / "pulumi-resource-pulumi-python"


@pytest.mark.parametrize("plugin", [PLUGIN, DYNAMIC], ids=["azure-native", "dynamic"])
def test_a_plugin_ends_with_a_cli_that_is_killed(plugin: Path) -> None:
    with subprocess.Popen(
        ["sh", "-c", f"'{plugin}' 127.0.0.1:1 & wait"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PULUMI_RUNTIME_VIRTUALENV": str(VENV)},
    ) as cli:
        assert cli.stdout is not None
        assert cli.stdout.readline().strip().isdigit()
        cli.kill()
        # Its end of the pipe is the plugin's as well: closed when both are gone.
        assert cli.communicate(timeout=20)[0] == ""
