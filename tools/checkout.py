"""Where things are in this checkout. Standard library only: setup runs before .venv exists."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCAL = ROOT / ".local"
"""All state of the local stack: the local Azure's home and Pulumi's backend."""
LOCAL_AZURE_HOME = LOCAL / "azure"
LOCAL_BACKEND = LOCAL / "pulumi"
LOCAL_PULUMI_HOME = LOCAL / "pulumi-home"
"""The CLI's own folder for the local stack: its plugins, and no login of the user's."""
PLUGIN = ROOT / "local_azure" / "bin" / "pulumi-resource-azure-native"
"""The stand-in for the azure-native plugin."""
LOCAL_STACK = "local"
PULUMI_BIN = "FLOW_ENDPOINTS_PULUMI"
"""Environment variable: the directory of the Pulumi CLI, from the first stage to the second."""


class ToolError(Exception):
    """A tool cannot be had, or a command cannot run. The text is for the user: what was
    tried, why it cannot be, what to do next, a line each."""
